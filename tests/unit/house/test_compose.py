"""docker-compose.yml is kept in step with the code: no Docker engine is needed to see that."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers import ES_VERSION
from workers.queues import QUEUES, THREAD_QUEUES
from workers.settings import _known_variable

ROOT = Path(__file__).parents[3]
SECRETS = (
    *("RASID_REDIS_PASSWORD", "RASID_REDIS_READER_PASSWORD", "RASID_ELASTICSEARCH_PASSWORD", "RASID_WEB_TOKEN"),
    *("ELASTIC_PASSWORD", "KIBANA_PASSWORD"),
)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


def command_of(service: dict[str, Any]) -> str:
    command = service["command"]
    return command if isinstance(command, str) else " ".join(command)


def test_the_workers_serve_every_queue_between_them(compose: dict[str, Any]) -> None:
    served = {
        queue
        for service in compose["services"].values()
        if "celery:app worker" in str(service.get("command", ""))
        for queue in re.findall(r"-Q ([\w,]+)", command_of(service))[0].split(",")
    }
    assert served == set(QUEUES)
    assert set(re.findall(r"-Q ([\w,]+)", command_of(compose["services"]["io"]))[0].split(",")) == set(THREAD_QUEUES)


def test_every_rasid_variable_is_a_setting(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name in service.get("environment", {}):
            if name.startswith("RASID_") and name not in SECRETS:
                assert _known_variable(name), name


def test_versions_are_those_that_the_tests_run(compose: dict[str, Any]) -> None:
    for name in ("elasticsearch", "kibana", "users"):
        assert compose["services"][name]["image"].endswith(f":{ES_VERSION}")


def test_no_secret_has_a_default_and_all_are_demanded() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    for secret in SECRETS:
        used = re.findall(r"\$\{" + secret + r"(\S?)", text)
        assert used
        assert set(used) == {":"}
        assert f"${{{secret}:?" in text
        assert f"${{{secret}:-" not in text


def test_ports_are_published_on_loopback_only(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


def test_redis_keeps_what_it_is_told(compose: dict[str, Any]) -> None:
    command = command_of(compose["services"]["redis"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_what_runs_for_long_restarts_and_is_watched(compose: dict[str, Any]) -> None:
    for name in ("redis", "elasticsearch", "kibana", "io", "make", "beat", "web"):
        service = compose["services"][name]
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name


def test_stores_have_named_volumes(compose: dict[str, Any]) -> None:
    used = {
        v.split(":")[0] for s in compose["services"].values() for v in s.get("volumes", []) if not v.startswith(".")
    }
    assert used == set(compose["volumes"])


def test_the_commands_exist(compose: dict[str, Any]) -> None:
    from workers.cli import cli

    for service in compose["services"].values():
        for words in re.findall(r"rasid ([a-z]+) ([a-z]+)?", command_of(service) if "command" in service else ""):
            group = cli.get_command(None, words[0])  # type: ignore[arg-type]
            assert group is not None, words
            if words[1]:
                assert words[1] in group.commands, words  # type: ignore[attr-defined]


def test_docker_itself_accepts_the_file() -> None:
    if shutil.which("docker") is None:
        pytest.skip("no docker client to check the syntax with")
    environment = dict.fromkeys(SECRETS, "x") | {"PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(
        ["docker", "compose", "-f", str(ROOT / "docker-compose.yml"), "config", "--quiet"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if "is not a docker command" in done.stderr or "unknown shorthand flag" in done.stderr:
        pytest.skip("this docker client has no compose")
    assert done.returncode == 0, done.stderr


def test_what_runs_for_long_has_no_superuser(compose: dict[str, Any]) -> None:
    """Only the one-shot containers hold Elasticsearch's superuser; Redis has no user without a password."""
    for name, service in compose["services"].items():
        if service.get("restart") != "no" and name != "elasticsearch":
            assert "ELASTIC_PASSWORD" not in str(service.get("environment")).replace("RASID_ELASTIC", ""), name
    command = command_of(compose["services"]["redis"])
    assert "--user default off" in command
    assert "nopass" not in command


def test_what_other_hosts_can_reach_has_a_token(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        environment = service.get("environment", {})
        if environment.get("RASID_WEB_HOST"):
            assert environment["RASID_WEB_TOKEN"].startswith("${RASID_WEB_TOKEN:?")
