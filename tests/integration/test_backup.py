"""`rasid backup` and `rasid restore` end to end on a real Redis: whole, broken, foreign and newer files."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.indexes import article
from workers.alert.live import RuleStore
from workers.alert.rules import rule_from
from workers.errors import UserError
from workers.model import Alert, Feed, FeedEntry, FeedState, Outcome
from workers.operate import backup as backups
from workers.settings import RedisSettings, Settings
from workers.store import dump
from workers.wiring import Parts

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def installation(folder: Path, url: str, prefix: str) -> Parts:
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "settings.yaml").write_text("worker: {tick: 5}\n")
    return Parts(Settings(data=folder / "data", config_dir=config, redis=RedisSettings(url=url, prefix=prefix)))


def rules(parts: Parts) -> RuleStore:
    return RuleStore(parts.redis, parts.settings.redis.prefix)


@pytest.fixture
def full(redis_url: str, unique_name: str, tmp_path: Path) -> Parts:
    """An installation with one of everything that a backup keeps."""
    parts = installation(tmp_path / "full", redis_url, unique_name)
    (parts.settings.config_dir / "feeds.yaml").write_text("outlets: {}\n")
    parts.feeds.add(Feed(id="f", url="https://o.test/f", outlet="رأي"), due=NOW)
    parts.feeds.settle(FeedState(feed="f", etag='"x"', entries_per_week=70, next_check_at=NOW), {"status": 200})
    parts.feeds.add(Feed(id="g", url="https://o.test/g", outlet="o"), due=NOW)
    parts.feeds.remove("g")
    rules(parts).put(rule_from({"id": "r", "query": "الناتو", "channels": []}, "test", {}))
    rules(parts).pause("r", paused=True)
    alert = Alert(id="a1", rule="r", article="x" * 32, story="s", at=datetime.now(UTC), channels=("desk",))
    assert parts.outbox.record([alert])
    parts.outbox.snooze("r", datetime.now(UTC) + timedelta(hours=1), now=datetime.now(UTC))
    parts.lines.rule("o", "شاركها", "remove")
    parts.settings.data.mkdir(exist_ok=True)
    (parts.settings.data / "entities.yaml").write_text("entities: {}\n")
    parts.revisions.keep(article("1" * 32))
    entry = FeedEntry(id="2" * 32, feed="f", outlet="o", url="https://o.test/2")
    parts.ledger.offer([entry], now=NOW)
    (row,) = parts.ledger.claim("fetch", [entry.id], lease=60, now=NOW)
    outcome = Outcome(entry=entry.id, stage="fetch", status="quarantined", reason="odd", at=NOW)
    assert parts.ledger.quarantine(row, outcome, evidence={"raw": b"\x00\xff"})
    return parts


def test_an_empty_installation_becomes_what_the_full_one_was(
    full: Parts, redis_url: str, unique_name: str, tmp_path: Path
) -> None:
    file = tmp_path / "b.zip"
    manifest = backups.backup(full, file)
    assert file.stat().st_mode & 0o777 == 0o600
    other = installation(tmp_path / "other", redis_url, f"{unique_name}-other")
    done = backups.restore(other, file)
    assert done.keys == manifest.keys
    assert (other.settings.data / "entities.yaml").read_text() == "entities: {}\n"
    assert done.files == 2  # settings.yaml is the same already
    assert other.feeds.feeds() == full.feeds.feeds()
    assert other.feeds.state("f") == full.feeds.state("f")
    assert other.feeds.sync([Feed(id="g", url="https://o.test/g", outlet="o")], due=NOW) == 0  # still removed
    assert rules(other).mappings() == rules(full).mappings()
    assert rules(other).paused() == {"r"}
    assert other.outbox.get("a1") == full.outbox.get("a1")
    assert other.outbox.record([full.outbox.get("a1")]) == []  # type: ignore[list-item]
    assert other.outbox.snoozed("r") == full.outbox.snoozed("r")
    assert other.lines.counts("o") == full.lines.counts("o")
    assert other.revisions.states("1" * 32) == full.revisions.states("1" * 32)
    (stuck,) = other.ledger.quarantined(limit=10)
    assert (stuck.reason, other.ledger.payload(stuck.id, "evidence-raw")) == ("odd", b"\x00\xff")
    assert other.ledger.release(stuck.id, now=NOW)
    assert (other.settings.config_dir / "feeds.yaml").read_text() == "outlets: {}\n"
    assert backups.restore(other, file, overwrite=True).keys == manifest.keys  # twice is once


def test_nothing_of_an_installation_is_overwritten_unasked(
    full: Parts, redis_url: str, unique_name: str, tmp_path: Path
) -> None:
    file = tmp_path / "b.zip"
    backups.backup(full, file)
    other = installation(tmp_path / "other", redis_url, f"{unique_name}-other")
    other.feeds.add(Feed(id="mine", url="https://mine.test/f", outlet="mine"), due=NOW)
    (other.settings.config_dir / "settings.yaml").write_text("worker: {tick: 7}\n")
    with pytest.raises(UserError) as caught:
        backups.restore(other, file)
    said = str(caught.value)
    assert "settings.yaml: exists and differs" in said
    assert "Redis: holds 1 feeds of its own" in said
    assert [feed.id for feed in other.feeds.feeds()] == ["mine"]
    backups.restore(other, file, overwrite=True, config=False)
    assert [feed.id for feed in other.feeds.feeds()] == ["f"]
    assert "7" in (other.settings.config_dir / "settings.yaml").read_text()


def test_a_broken_or_foreign_file_changes_nothing(
    full: Parts, redis_url: str, unique_name: str, tmp_path: Path
) -> None:
    good = tmp_path / "b.zip"
    backups.backup(full, good)
    raw = good.read_bytes()
    other = installation(tmp_path / "other", redis_url, f"{unique_name}-other")
    middle = raw.index(b"redis.jsonl") + 60
    flipped = raw[:middle] + bytes([raw[middle] ^ 0xFF]) + raw[middle + 1 :]
    cases = {
        "cut": raw[: len(raw) // 2],
        "cut by one": raw[:-1],
        "empty": b"",
        "flipped": flipped,
        "text": b"feeds: []\n",
    }
    for content in cases.values():
        bad = tmp_path / "bad.zip"
        bad.write_bytes(content)
        with pytest.raises(UserError, match=r"bad\.zip"):
            backups.restore(other, bad)
    foreign = tmp_path / "foreign.zip"
    with zipfile.ZipFile(foreign, "w") as bundle:
        bundle.writestr("notes.txt", "x")
    with pytest.raises(UserError, match="no manifest"):
        backups.restore(other, foreign)
    with pytest.raises(UserError, match="no such file"):
        backups.restore(other, tmp_path / "nowhere.zip")
    assert not list(dump.matching(other.redis, other.settings.redis.prefix, ["*"]))


def altered(source: Path, target: Path, change: dict[str, object], extra: dict[str, bytes] | None = None) -> Path:
    """A copy of a backup with another manifest, and parts more."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name != "manifest.json":
                new.writestr(name, old.read(name))
        manifest = json.loads(old.read("manifest.json"))
        for name, raw in (extra or {}).items():
            new.writestr(name, raw)
            manifest["parts"][name] = backups.hashlib.sha256(raw).hexdigest()
        new.writestr("manifest.json", json.dumps(manifest | change))
    return target


def test_a_newer_file_a_wrong_sum_and_a_path_that_leads_out_are_refused(full: Parts, tmp_path: Path) -> None:
    good = tmp_path / "b.zip"
    manifest = backups.backup(full, good)
    with pytest.raises(UserError, match="newer Rasid"):
        backups.check(altered(good, tmp_path / "newer.zip", {"format": backups.FORMAT + 1}))
    sums = {**manifest.parts, "redis.jsonl": "0" * 64}
    with pytest.raises(UserError, match="damaged"):
        backups.check(altered(good, tmp_path / "sum.zip", {"parts": sums}))
    leads_out = altered(good, tmp_path / "out.zip", {}, {"config/../../escaped.yaml": b"x"})
    with pytest.raises(UserError, match="leads out"):
        backups.restore(full, leads_out, overwrite=True)
    assert not (tmp_path / "escaped.yaml").exists()


def test_a_backup_that_fails_leaves_the_older_one(full: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "b.zip"
    backups.backup(full, file)
    before = file.read_bytes()

    def full_disk(_: Path) -> list[Path]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "config_files", full_disk)
    with pytest.raises(OSError, match="No space"):
        backups.backup(full, file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["b.zip"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.binary(max_size=60),
    pairs=st.dictionaries(st.binary(min_size=1, max_size=8), st.binary(max_size=8), min_size=1, max_size=5),
    scores=st.dictionaries(st.binary(min_size=1, max_size=8), st.floats(allow_nan=False), min_size=1, max_size=5),
    items=st.lists(st.binary(max_size=8), min_size=1, max_size=5),
)
def test_every_type_of_key_comes_back_byte_for_byte(
    full: Parts,
    text: bytes,
    pairs: dict[bytes, bytes],
    scores: dict[bytes, float],
    items: list[bytes],
) -> None:
    redis, prefix = full.redis, full.settings.redis.prefix
    names = [f"{prefix}:kind:{kind}" for kind in ("string", "hash", "zset", "list", "set")]
    redis.delete(*names)
    redis.set(names[0], text, px=60_000)
    redis.hset(names[1], mapping=pairs)  # type: ignore[arg-type]
    redis.zadd(names[2], scores)  # type: ignore[arg-type]
    redis.rpush(names[3], *items)
    redis.sadd(names[4], *items)
    lines = list(dump.lines(redis, prefix, dump.matching(redis, prefix, ["kind:*"])))
    redis.delete(*names)
    assert dump.restore(redis, prefix, lines) == 5
    assert redis.get(names[0]) == text
    assert 0 < redis.pttl(names[0]) <= 60_000  # type: ignore[operator]
    assert redis.hgetall(names[1]) == pairs
    assert dict(redis.zrange(names[2], 0, -1, withscores=True)) == scores  # type: ignore[arg-type]
    assert redis.lrange(names[3], 0, -1) == items
    assert redis.smembers(names[4]) == set(items)


def test_follow_ups_and_throttles_are_under_way_as_they_were(redis_url: str, unique_name: str, tmp_path: Path) -> None:
    """What is still to be told of a story, and that its rule has just spoken, is nowhere but in Redis."""
    now = datetime.now(UTC)
    full = installation(tmp_path / "full", redis_url, unique_name)
    told = Alert(id="1" * 32, rule="follows", article="a", story="s", at=now, channels=("desk",))
    told = replace(told, extra={"follow_up": True})
    spoke = Alert(id="2" * 32, rule="seldom", article="b", story="t", at=now, channels=("desk",), throttle=3600.0)
    assert len(full.outbox.record([told, spoke])) == 2
    for due in full.outbox.due(now=now, limit=10, lease=60):
        full.outbox.delivered(due.id, "desk", at=now)
    assert full.outbox.record([replace(told, article="reprint")]) == []
    backups.backup(full, tmp_path / "b.zip")

    other = installation(tmp_path / "other", redis_url, f"{unique_name}-other")
    backups.restore(other, tmp_path / "b.zip")
    assert other.outbox.record([replace(spoke, id="3" * 32, article="c", story="u")])
    assert other.outbox.due(now=now + timedelta(minutes=30), limit=10, lease=60) == []
    later = other.outbox.due(now=now + timedelta(hours=3), limit=10, lease=60)
    assert {due.extra["kind"]: [one.article for one in due.extra["members"]] for due in later} == {
        "follow": ["reprint"],
        "gathered": ["c"],
    }
