"""`rasid up` on a site of our own: it works, stops when told, goes on where it was, and every command sees the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from workers.demo.site import NewsSite

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(400)]

CONFIG = Path(__file__).parents[2] / "config"
RASID = [sys.executable, "-m", "workers.cli"]


@pytest.fixture(scope="module")
def site() -> Iterator[NewsSite]:
    with NewsSite() as running:
        yield running


@pytest.fixture(scope="module")
def environment(site: NewsSite, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("up")
    shutil.copytree(CONFIG, folder / "config")
    site.write_feeds_yaml(folder / "config" / "feeds.yaml")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
    return kept | {
        "RASID_CONFIG": str(folder / "config"),
        "RASID_DATA": str(folder / "data"),
        "RASID_FETCH_ALLOW_HOSTS": "127.0.0.0/8",
        "RASID_FETCH_HOST_GAP": "0",
        "RASID_WORKER_TICK": "1",
        "RASID_WEB_PORT": "0",
    }


def rasid(environment: dict[str, str], *arguments: str, code: int | None = 0) -> str:
    done = subprocess.run(
        [*RASID, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert code is None or done.returncode == code, f"{arguments}: {done.returncode}\n{done.stderr}\n{done.stdout}"
    assert "Traceback" not in done.stderr
    return done.stdout


def status(environment: dict[str, str]) -> dict[str, Any]:
    return dict(json.loads(rasid(environment, "status", "--json", code=None)))


def wait(until: Callable[[], bool], *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(1)


@pytest.fixture(scope="module")
def up(
    site: NewsSite, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    log = (tmp_path_factory.mktemp("log") / "up.log").open("wb")
    process = subprocess.Popen([*RASID, "up"], env=environment, stdout=log, stderr=log)
    try:
        wait(lambda: sum(status(environment)["outcomes"].values()) >= len(site.expected))
        yield environment
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0


def test_status_says_how_it_is(up: dict[str, str]) -> None:
    found = status(up)
    assert found["outcomes"]["indexed"] >= 50
    assert found["outcomes"]["duplicate"] >= 8
    assert found["index"]["articles"] == found["outcomes"]["indexed"] + found["outcomes"]["duplicate"]
    assert set(found["queues"]) == {"sweep", "poll", "fetch", "make", "index", "alert"}


def test_nothing_of_it_listens_beyond_loopback(up: dict[str, str]) -> None:
    me = psutil.Process()
    mine = [p for p in me.children(recursive=True) if p.cmdline()[1:] == [*RASID[1:], "up"]]
    redis = psutil.Process(int((Path(up["RASID_DATA"]) / "run" / "redis.pid").read_text()))
    everyone = [redis, *mine, *(child for process in mine for child in process.children(recursive=True))]
    sockets = [c.laddr for p in everyone for c in p.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN]
    assert len(everyone) >= 5
    assert sockets
    assert {address.ip for address in sockets} <= {"127.0.0.1", "::1"}


def test_operators_see_a_sound_ledger_and_take_a_backup(up: dict[str, str], tmp_path: Path) -> None:
    wait(lambda: json.loads(rasid(up, "audit", "--json", code=None))["sound"])
    audited = json.loads(rasid(up, "audit", "--last", "--json"))
    assert audited["entries"] == sum(audited["outcomes"].values()) + sum(audited["waiting"].values())
    assert len(audited["feeds"]) >= 5
    picture = json.loads(rasid(up, "top", "--once", "--every", "0.3", "--json"))
    workers = {name.partition("@")[0]: values["processes"] for name, values in picture["workers"].items()}
    assert {"io", "make", "beat", "up"} <= set(workers)
    file = tmp_path / "b.zip"
    assert "configuration files" in rasid(up, "backup", str(file))
    assert "is whole" in rasid(up, "restore", str(file), "--check")
    rasid(up, "restore", str(file), code=2)  # what is there is not overwritten unasked
    assert "nothing to do" in rasid(up, "migrate")


def test_search_show_and_explain_tell_of_one_article(up: dict[str, str]) -> None:
    hits = json.loads(rasid(up, "search", "بيونغ يانغ", "--json"))["hits"]
    assert hits
    id_, url = hits[0]["id"], hits[0]["url"]
    shown = json.loads(rasid(up, "show", url, "--json"))
    assert shown["id"] == id_
    explained = json.loads(rasid(up, "explain", id_, "--json"))
    assert [o["stage"] for o in explained["trail"]][:4] == ["fetch", "make", "index", "alert"]
    assert explained["status"] in {"indexed", "duplicate"}
    assert explained["article"]["archive"]
    assert url in rasid(up, "explain", url)


def test_explain_tells_why_an_entry_is_no_article(up: dict[str, str], site: NewsSite) -> None:
    for wanted in ("not_article", "not_arabic", "gone", "refused"):
        url = next(e.url for e in site.expected if e.status == wanted)
        explained = json.loads(rasid(up, "explain", url, "--json"))
        assert explained["status"] == wanted
        assert explained["reason"]
        assert explained["article"] is None


def test_what_a_person_mistypes_is_answered_in_words(up: dict[str, str]) -> None:
    rasid(up, "explain", "https://nobody.test/never-offered", code=2)
    rasid(up, "search", '"no end', code=2)
    rasid(up, "show", "https://nobody.test/never-offered", code=2)


def test_a_feed_can_be_added_and_removed_while_it_runs(up: dict[str, str]) -> None:
    rasid(up, "feeds", "add", "http://127.0.0.1:1/feed.xml", "--outlet", "nowhere", "--unchecked")
    assert "127.0.0.1:1" in rasid(up, "feeds", "list")
    rasid(up, "feeds", "remove", "http://127.0.0.1:1/feed.xml")
    assert "127.0.0.1:1" not in rasid(up, "feeds", "list")


def test_what_a_killed_one_started_ends_with_it_and_the_next_start_finds_all(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Kill -9 of `rasid up` itself: no worker goes on unwatched, and Redis keeps what it was told."""
    own = {**environment, "RASID_DATA": str(tmp_path)}

    def swept() -> bytes:
        """When the last sweep ran; empty before the first."""
        with suppress(redis.RedisError, FileNotFoundError):
            return redis.Redis.from_url((tmp_path / "run" / "redis.url").read_text()).get("rasid:swept") or b""
        return b""

    process = subprocess.Popen([*RASID, "up"], env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait(lambda: swept() != b"")
    workers = [child for child in psutil.Process(process.pid).children() if "redis" not in child.name()]
    assert len(workers) == 3
    process.kill()
    process.wait()
    assert not psutil.wait_procs(workers, timeout=60)[1]
    before = swept()
    assert before
    again = subprocess.Popen([*RASID, "up"], env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(lambda: swept() > before)
    finally:
        again.send_signal(signal.SIGINT)
        assert again.wait(90) == 0
    assert not [p for p in psutil.process_iter() if "redis" in p.name() and str(tmp_path) in " ".join(p.cmdline())]


def test_a_second_start_goes_on_where_the_first_one_stopped(site: NewsSite, environment: dict[str, str]) -> None:
    """The last of this module: the fixture `up` still runs, and a second one beside it harms nothing either."""
    process = subprocess.Popen([*RASID, "up"], env=environment, stderr=subprocess.DEVNULL)
    try:
        wait(lambda: status(environment)["last_sweep"] is not None)
        before = status(environment)
        assert sum(before["outcomes"].values()) >= len(site.expected)
        pages = {path: n for path, n in site.requests.items() if any(e.url.endswith(path) for e in site.expected)}
        time.sleep(4)
        again = {path: n for path, n in site.requests.items() if path in pages}
        assert again == pages
        assert status(environment)["outcomes"] == before["outcomes"]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0
