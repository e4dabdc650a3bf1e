"""Articles made again from the archive: new rules reach the past, a lost index comes back, nothing else moves."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.indexes import elastic_index
from workers.model import Article, FeedEntry, dump
from workers.poll.urls import canonical_url, entry_id
from workers.ports import Scan
from workers.remake import Report, rebuild, reprocess
from workers.settings import ElasticsearchSettings, RedisSettings, Settings
from workers.wiring import Parts

pytestmark = pytest.mark.servers

CONFIG = Path(__file__).parents[2] / "config"
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
SENTENCES = (
    "قال مدير الميناء رقم {0} في أوكرانيا إن السفن الكبيرة ستعود إلى الأرصفة الشرقية بعد انتهاء أعمال التوسعة.",
    "وأوضح أن حلف شمال الأطلسي لم يطلب حتى الآن أي تغيير في مسار الملاحة، وأن الرسوم رقم {0} ستبقى كما كانت.",
)
SLOGAN = "منبركم الأول لأخبار البحر"


on_one = pytest.mark.parametrize("parts", ["embedded"], indirect=True)
"""What does not depend on the index is tested on the quicker one."""


@pytest.fixture(params=["embedded", "elasticsearch"])
def parts(request: pytest.FixtureRequest, redis_url: str, unique_name: str, tmp_path: Path) -> Iterator[Parts]:
    """An empty house whose rules a test may change."""
    shutil.copytree(CONFIG, tmp_path / "config")
    settings = Settings(
        data=tmp_path / "data",
        config_dir=tmp_path / "config",
        redis=RedisSettings(url=redis_url, prefix=unique_name),
    )
    if request.param == "elasticsearch":
        url = request.getfixturevalue("elasticsearch_url")
        settings = settings.model_copy(update={"elasticsearch": ElasticsearchSettings(url=url, index=unique_name)})
    made = Parts(settings)
    made.index.init()
    yield made
    made.index.close()
    if request.param == "elasticsearch":
        client = elastic_index(url, unique_name).client
        client.indices.delete(index=f"{unique_name}-*", ignore_unavailable=True)


def archive_page(parts: Parts, number: int, *, text: tuple[str, ...] = SENTENCES, at: datetime = NOW) -> str:
    """A page in the archive, as a fetch leaves it; the entry's id."""
    url = canonical_url(f"https://harbour.example/news/{number}")
    entry = FeedEntry(id=entry_id(url), feed="f1", outlet="harbour", url=url, title=f"عودة السفن إلى الميناء {number}")
    lines = "".join(f"<p>{sentence.format(number)}</p>" for sentence in (*text, SLOGAN))
    page = f'<html lang="ar"><head><title>{entry.title}</title></head><body><article>{lines}</article></body></html>'
    headers = [("Content-Type", "text/html; charset=utf-8")]
    parts.archive.write(url, status=200, headers=headers, body=page.encode(), at=at, about=dump(entry))
    return entry.id


def nothing(_: Report) -> None:
    """Tells nobody."""


def articles(parts: Parts) -> dict[str, Article]:
    parts.index.refresh()
    return {one.id: one for batch in parts.index.scan(Scan()) for one in batch}


def with_added(parts: Parts, file: str, text: str) -> Parts:
    """The same house under rules of which one file says more."""
    folder = parts.settings.config_dir.with_name("changed")
    shutil.copytree(parts.settings.config_dir, folder)
    with (folder / file).open("a", encoding="utf-8") as out:
        out.write(text)
    return Parts(parts.settings.model_copy(update={"config_dir": folder}))


def with_rule(parts: Parts) -> Parts:
    """The same house under rules that know the slogan."""
    rule = f'group: theme, id: harbour, scope: line, source: known, pattern: "{SLOGAN}", goes: "{SLOGAN}", stays: سفن'
    return with_added(parts, "boilerplate.yaml", f"  - {{{rule}}}\n")


def test_a_lost_index_comes_back_from_the_archive_alone(parts: Parts) -> None:
    ids = [archive_page(parts, number, at=NOW + timedelta(minutes=number)) for number in range(6)]
    archive_page(parts, 3, text=(*SENTENCES, "وأضاف أن المرفأ سيغلق يوما واحدا."), at=NOW + timedelta(hours=1))
    parts.archive.write("https://harbour.example/", status=200, headers=[], body=b"<p>x</p>", at=NOW)
    report = rebuild(parts, say=nothing)
    assert report.counts == {"changed": 7, "dropped": 1}
    found = articles(parts)
    assert list(found) == ids
    assert [one.url[-1] for one in found.values()] == list("012345")
    third = found[ids[3]]
    assert (third.revision, third.first_seen_at) == (2, NOW + timedelta(minutes=3))
    assert "سيغلق يوما" in third.body
    assert found[ids[0]].feeds == ("f1",)
    assert any(mention.entity for mention in found[ids[0]].mentions)
    assert len({one.kinship.story for one in found.values()}) < 6, "reprints find each other again"
    assert rebuild(parts, say=nothing).counts["older"] == 1, "the first page of what has a second"
    assert articles(parts) == found


@on_one
def test_a_rebuild_that_was_cut_off_goes_on_where_it_was(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["workers.remake.rebuild"], "BATCH", 2)
    ids = [archive_page(parts, number, at=NOW + timedelta(minutes=number)) for number in range(5)]

    def cut(report: Report) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(parts, say=cut)
    assert list(articles(parts)) == ids[:2]
    assert rebuild(parts, say=nothing).counts == {"changed": 3}
    assert list(articles(parts)) == ids
    assert not list(parts.redis.scan_iter(match=f"{parts.settings.redis.prefix}:rebuild*"))


def test_new_rules_reach_the_past_and_nothing_else_moves(parts: Parts) -> None:
    for number in range(4):
        archive_page(parts, number, at=NOW + timedelta(minutes=number))
    rebuild(parts, say=nothing)
    before = articles(parts)
    assert all(SLOGAN in one.body for one in before.values())
    assert reprocess(parts, Scan(), say=nothing).counts == {}, "every article is of today's rules"

    ruled = with_rule(parts)
    assert reprocess(ruled, Scan(outlets=("nobody",)), say=nothing).counts == {}
    assert reprocess(ruled, Scan(), processes=2, say=nothing).counts == {"changed": 4}
    after = articles(ruled)
    assert not any(SLOGAN in one.body for one in after.values())
    for id_, one in after.items():
        assert [removed.rule for removed in one.removed][-1] == "theme/harbour"
        kept = ("id", "kinship", "revision", "first_seen_at", "published", "feeds", "archive", "mentions")
        assert [getattr(one, name) for name in kept] == [getattr(before[id_], name) for name in kept]
        assert one.updated_at - before[id_].updated_at == timedelta(microseconds=1)
    assert reprocess(ruled, Scan(), say=nothing).counts == {}
    assert ruled.outbox.waiting(now=datetime.now(UTC)) == 0


@on_one
def test_a_newer_version_wins_and_a_lost_page_is_told(parts: Parts) -> None:
    newer, lost = archive_page(parts, 1), archive_page(parts, 2)
    rebuild(parts, say=nothing)
    known = articles(parts)
    parts.index.put(
        [
            replace(
                known[lost],
                archive="2020-01-01/none.warc.gz:0",
                updated_at=known[lost].updated_at + timedelta(seconds=1),
            )
        ]
    )
    ruled = with_rule(parts)
    scan = ruled.index.scan

    def overtaken(wanted: Scan) -> Iterator[list[Article]]:
        for batch in scan(wanted):
            worker = replace(known[newer], title="جديد", updated_at=known[newer].updated_at + timedelta(minutes=1))
            ruled.index.put([worker])
            yield batch

    ruled.index.scan = overtaken  # type: ignore[method-assign]
    report = reprocess(ruled, Scan(), say=nothing)
    assert report.counts == {"older": 1, "unread": 1}
    assert report.troubles[0].id == lost
    assert articles(parts)[newer].title == "جديد"


@on_one
def test_only_names(parts: Parts) -> None:
    id_ = archive_page(parts, 1)
    rebuild(parts, say=nothing)
    (before,) = articles(parts).values()
    named = with_added(parts, "entities/events.yaml", "  east-quays: الأرصفة الشرقية | East Quays\n")
    assert reprocess(named, Scan(), stage="tag", processes=2, say=nothing).counts == {"changed": 1}
    after = articles(named)[id_]
    assert "east-quays" in {mention.entity for mention in after.mentions}
    assert (after.paragraphs, after.removed) == (before.paragraphs, before.removed)
    assert reprocess(named, Scan(), stage="tag", say=nothing).counts == {}


@on_one
def test_what_is_no_article_any_more_is_listed_and_deleted_when_asked(parts: Parts) -> None:
    id_ = archive_page(parts, 1)
    rebuild(parts, say=nothing)
    strict = parts.settings.extract.model_copy(update={"min_letters": 5000})
    ruled = Parts(parts.settings.model_copy(update={"extract": strict}))
    report = reprocess(ruled, Scan(), say=nothing)
    assert report.counts == {"dropped": 1}
    assert list(articles(parts)) == [id_]
    reprocess(ruled, Scan(), drop=True, say=nothing)
    assert articles(parts) == {}


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--outlet", "aljazera"], "did you mean aljazeera"),
        (["--since", "neulich"], "“neulich” is not a date"),
    ],
)
def test_a_bad_argument_is_named(args: list[str], told: str, redis_url: str, unique_name: str, tmp_path: Path) -> None:
    environment = {"RASID_REDIS_URL": redis_url, "RASID_REDIS_PREFIX": unique_name, "RASID_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "workers.cli", "reprocess", *args]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_commands_tell_what_they_did(redis_url: str, unique_name: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, config_dir=CONFIG, redis=RedisSettings(url=redis_url, prefix=unique_name))
    archive_page(Parts(settings), 1)
    environment = {"RASID_REDIS_URL": redis_url, "RASID_REDIS_PREFIX": unique_name, "RASID_DATA": str(tmp_path)}

    def rasid(*args: str) -> str:
        command = [sys.executable, "-m", "workers.cli", *args]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert json.loads(rasid("index", "rebuild", "--json")) == {"counts": {"changed": 1}, "troubles": []}
    assert "nothing to do" in rasid("reprocess", "--processes", "1")
