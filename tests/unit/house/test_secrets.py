"""Secrets are planted everywhere a person may put one, and looked for in everything that is printed."""

from __future__ import annotations

import http.server
import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workers import mask as masks
from workers.settings import read_settings

ROOT = Path(__file__).parents[3]
PLANTED = {
    "RASID_ELASTICSEARCH_PASSWORD": 'elastic-"7/ü',
    "RASID_ELASTICSEARCH_API_KEY": "api-key-22",
    "RASID_WEB_TOKEN": "door-token-33",
    "RASID_SECRET_HOOK": "T0/B0/hook-path-44",
    "RASID_SECRET_SIGN": "signing-key-55",
}
PASSWORDS = ("redis-word-66", "es-word-77", "kibana-word-88")
EVERY = (*PLANTED.values(), *PASSWORDS)


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
    return (
        kept
        | PLANTED
        | {
            "RASID_CONFIG": str(ROOT / "config"),
            "RASID_DATA": str(folder),
            "RASID_REDIS_URL": f"redis://worker:{PASSWORDS[0]}@127.0.0.1:1/0",
            "RASID_ELASTICSEARCH_URL": f"http://rasid:{PASSWORDS[1]}@127.0.0.1:1",
            "RASID_KIBANA_URL": f"http://elastic:{PASSWORDS[2]}@127.0.0.1:1",
            **more,
        }
    )


def said_by(code_or_arguments: list[str], environ: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *code_or_arguments], env=environ, capture_output=True, text=True, timeout=100, check=False
    )
    return done.stdout + done.stderr


def assert_nothing_leaked(said: str) -> None:
    assert said.strip()
    for secret in EVERY:
        assert secret not in said
        assert json.dumps(secret)[1:-1] not in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["config", "show"],
        ["config", "check"],
        ["status"],  # neither Redis nor Elasticsearch answers
        ["search", "x"],
        ["kibana", "install"],
    ],
)
def test_no_command_prints_a_secret(arguments: list[str], tmp_path: Path) -> None:
    assert_nothing_leaked(said_by(["-m", "workers.cli", *arguments], environment(tmp_path)))


def test_a_fault_in_a_secret_setting_does_not_quote_it(tmp_path: Path) -> None:
    environ = environment(tmp_path, RASID_WEB_PORT=PASSWORDS[0], RASID_WEB_TOKENS="door-token-33")
    assert_nothing_leaked(said_by(["-m", "workers.cli", "status"], environ))


def test_a_defect_prints_its_traceback_without_them(tmp_path: Path) -> None:
    code = (
        "import os, workers.cli.status as s, workers.cli as c\n"
        "words = ' '.join(v for n, v in os.environ.items() if n.startswith('RASID_'))\n"
        "def broken(*a, **k): raise RuntimeError(words)\n"
        "s.examine = broken\n"
        "s.Parts = lambda settings: None\n"
        "c.main(['status'])\n"
    )
    said = said_by(["-c", code], environment(tmp_path))
    assert "RuntimeError" in said
    assert_nothing_leaked(said)


def test_no_line_of_a_log_holds_one(tmp_path: Path) -> None:
    code = (
        "import logging, os, structlog\n"
        "from workers.log import configure\n"
        "from workers.settings import settings\n"
        "configure(settings().log)\n"
        "secrets = [v for n, v in os.environ.items() if n.startswith('RASID_')]\n"
        "structlog.get_logger('x').info('field', values=secrets, address=os.environ['RASID_REDIS_URL'])\n"
        "logging.getLogger('celery').warning('told %s', secrets)\n"
        "try:\n"
        "    raise ValueError(' '.join(secrets))\n"
        "except ValueError:\n"
        "    structlog.get_logger('x').exception('failed')\n"
    )
    for form in ("true", "false"):
        said = said_by(["-c", code], environment(tmp_path, RASID_LOG_JSON=form))
        assert "ValueError" in said
        assert_nothing_leaked(said)


def test_settings_do_not_show_them_when_printed(tmp_path: Path) -> None:
    found = read_settings(environment(tmp_path))
    for secret in PLANTED.values():
        assert secret not in repr(found)
        assert secret not in str(found.model_dump())


def test_a_secret_in_a_file_is_known_too(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file-99\n")
    found = masks.pattern(masks.secrets({"RASID_SECRET_X_FILE": str(tmp_path / "secret")}, None))
    assert found is not None
    assert found.sub("***", "a from-a-file-99 b") == "a *** b"


@pytest.fixture
def refusing() -> Iterator[str]:
    """A webhook's receiver that answers 500 and quotes the address that it was called by."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.path.encode()
            self.send_response(500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.servers
def test_a_failed_delivery_keeps_no_secret(
    refusing: str, redis_url: str, unique_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook and a chat service whose addresses are secrets, both refusing: what is kept and logged of it."""
    from workers import stages
    from workers.alert.channels import channel_from
    from workers.log import configure
    from workers.model import Alert
    from workers.settings import FetchSettings, LogSettings, RedisSettings, Settings
    from workers.wiring import Parts

    for name, value in PLANTED.items():
        if name.startswith("RASID_SECRET_"):
            monkeypatch.setenv(name, value)
    masks._known.cache_clear()
    parts = Parts(
        Settings(
            data=tmp_path,
            config_dir=ROOT / "config",
            redis=RedisSettings(url=redis_url, prefix=unique_name),
            fetch=FetchSettings(allow_hosts=("127.0.0.0/8",), ports=(int(refusing.rpartition(":")[2]),)),
        )
    )
    hook = {"kind": "webhook", "url": refusing + "/${RASID_SECRET_HOOK}", "secret": "RASID_SECRET_SIGN"}
    chat = {"kind": "apprise", "url": "slack://nobody@${RASID_SECRET_HOOK}"}
    channels = {"hook": channel_from("hook", hook, "test"), "chat": channel_from("chat", chat, "test")}
    monkeypatch.setattr(parts.sender, "channels", lambda: channels)
    sink = io.StringIO()
    configure(LogSettings(level="debug"))
    root = logging.getLogger()
    root.handlers[0].setStream(sink)  # type: ignore[attr-defined]
    alert = Alert(id="a" * 32, rule="r", article="1" * 32, at=datetime.now(UTC), channels=("hook", "chat"))
    try:
        parts.outbox.record([alert])
        stages.deliver(parts)
    finally:
        root.handlers.clear()
        masks._known.cache_clear()
    kept = parts.outbox.get(alert.id)
    assert kept is not None
    assert kept.extra["reasons"]
    said = sink.getvalue() + str(kept)
    assert "hook-path-44" not in said
    assert "signing-key-55" not in said
