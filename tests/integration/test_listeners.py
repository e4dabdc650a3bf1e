"""Nothing listens beyond loopback by default: the listening sockets of what Rasid starts are looked at."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import urllib3

from tests.servers import free_port
from workers.errors import UserError
from workers.operate.door import Guarded, check_host, is_loopback
from workers.settings import Settings
from workers.store.redisserver import RedisServer

ROOT = Path(__file__).parents[2]


def listening(process: psutil.Process) -> list[tuple[str, int]]:
    """Address and port of each listening socket of the process and of all that it started."""
    found = []
    for one in (process, *process.children(recursive=True)):
        found += [c.laddr for c in one.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN]
    return [(address.ip, address.port) for address in found]


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "RASID_CONFIG": str(ROOT / "config"),
        "RASID_DATA": str(folder),
        **more,
    }


@pytest.mark.servers
def test_the_embedded_redis_listens_on_loopback_behind_a_password(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    url = server.ensure()
    try:
        process = psutil.Process(int((tmp_path / "run" / "redis.pid").read_text()))
        found = listening(process)
        assert found
        assert all(is_loopback(address) for address, _ in found)
        assert "@127.0.0.1:" in url
        assert (tmp_path / "run" / "redis.url").stat().st_mode & 0o077 == 0
        assert (tmp_path / "run" / "redis.conf").stat().st_mode & 0o077 == 0
    finally:
        server.stop()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[tuple[psutil.Process, str]]:
    port = free_port()
    command = [sys.executable, "-m", "workers.cli", "page", "--port", str(port)]
    process = subprocess.Popen(command, env=environment(tmp_path), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not listening(psutil.Process(process.pid)):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield psutil.Process(process.pid), f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(20)


def test_the_page_listens_on_loopback_and_answers_only_to_its_own_name(page: tuple[psutil.Process, str]) -> None:
    process, url = page
    found = listening(process)
    assert found
    assert all(is_loopback(address) for address, _ in found)
    assert urllib3.request("GET", url, retries=False, timeout=20).status == 200
    rebound = urllib3.request("GET", url, headers={"Host": "evil.example"}, retries=False, timeout=20)
    assert rebound.status == 421


@pytest.mark.parametrize("arguments", [["page", "--host", "0.0.0.0", "--port", "0"], ["web"]])
def test_nothing_opens_to_others_without_a_token(arguments: list[str], tmp_path: Path) -> None:
    told = environment(tmp_path, RASID_WEB_HOST="0.0.0.0", RASID_REDIS_URL="redis://127.0.0.1:1/0")
    command = [sys.executable, "-m", "workers.cli", *arguments]
    done = subprocess.run(command, env=told, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "0.0.0.0 is not loopback and there is no token" in done.stderr


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *(("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("[::1]", True), ("localhost", True)),
        *(("LOCALHOST.", True), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("", False)),
        *(("localhost.evil.example", False), ("127.0.0.1.evil.example", False), ("2130706433", False)),
    ],
)
def test_what_counts_as_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) is here
    if not here:
        with pytest.raises(UserError, match="no token"):
            check_host(host, None, place="x")
        check_host(host, "token", place="x")


def asked(token: str | None, **headers: str) -> str:
    """The status that the door gives a request with these headers."""
    said: list[str] = []

    def inside(_: object, start: object) -> list[bytes]:
        start("200 OK", [])  # type: ignore[operator]
        return [b""]

    Guarded(inside, token)(headers, lambda status, _: said.append(status))  # type: ignore[arg-type, return-value]
    return said[0].partition(" ")[0]


def test_the_door_knows_its_token_in_both_ways_of_giving_it() -> None:
    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    assert asked("t", HTTP_AUTHORIZATION="Bearer t") == "200"
    assert asked("t", HTTP_AUTHORIZATION=basic("anybody:t")) == "200"
    for header in ("", "t", "Bearer", "Bearer x", "Bearer tt", basic("t"), basic("t:x"), "Basic !!", "Digest t"):
        assert asked("t", HTTP_AUTHORIZATION=header) == "401"
    assert asked(None, HTTP_HOST="127.0.0.1:8460") == "200"
    assert asked(None, HTTP_HOST="[::1]:8460") == "200"
    assert asked(None, HTTP_HOST="rasid.example") == "421"


def test_the_defaults_name_loopback() -> None:
    assert is_loopback(Settings().web.host)
