"""Rules in the flow: pages made, indexed, matched and told. The two real articles, and a story of five outlets."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_seeds import NAMES, page
from workers import stages
from workers.model import AlertRule, FeedEntry, Outcome, Page, dump
from workers.settings import AlertSettings, RedisSettings, Settings
from workers.wiring import Parts

pytestmark = pytest.mark.servers

REPRINTED = (
    "أعلنت هيئة الموانئ أن حلف شمال الأطلسي سيرسل سفينتين إلى ميناء «مرفأ الشمال» خلال أسبوع، وفق بيان صدر مساء أمس.",
    "وقال المتحدث إن السفينتين ستشاركان في تدريب على الإنقاذ البحري، وإن للناتو خبرة طويلة في هذا النوع من التدريبات.",
    "وتصل السفينتان تباعا، الأولى صباح الأحد والثانية بعد يومين، ويستقبلهما رئيس الهيئة ومحافظ المدينة عند الرصيف.",
    "وسيفتح الميناء أبوابه للزوار يوم الجمعة، على أن تعود السفينتان إلى قاعدتهما في نهاية الشهر المقبل كما قال البيان.",
)


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Parts:
    redis = RedisSettings(url=redis_url, prefix=unique_name)
    alert = AlertSettings(follow_up_after=0.001)
    made = Parts(Settings(data=tmp_path, redis=redis, alert=alert, config_dir=Path("config")))
    made.index.init()
    for rule in made.rules.matcher().compiled:
        made.rules.store.pause(rule, paused=True)
    return made


def rules(parts: Parts, queries: dict[str, str], **changes: Any) -> None:
    for name, query in queries.items():
        parts.rules.store.put(replace(AlertRule(id=name, query=query, channels=("desk",)), **changes))
    parts.rules._looked = float("-inf")


def run(parts: Parts, number: int, html: str, outlet: str) -> int:
    """A fetched page goes its way to the alerts; how many are new."""
    return stages.alert(parts, indexed(parts, number, html, outlet))


def indexed(parts: Parts, number: int, html: str, outlet: str) -> list[str]:
    """A fetched page goes its way into the index; what is to be matched."""
    id_, now = f"{number:032x}", datetime.now(UTC)
    entry = FeedEntry(id=id_, feed="f", outlet=outlet, url=f"https://{outlet}.example/{number}", published=now)
    parts.ledger.offer([entry], now=now)
    (row,) = parts.ledger.claim("fetch", [id_], lease=60, now=now)
    fetched = Page(id=id_, entry=entry, final_url=entry.url, status=200, charset="utf-8", fetched_at=now)
    payloads: dict[str, bytes | None] = {"page": dump(fetched), "html": zlib.compress(html.encode())}
    outcome = Outcome(entry=id_, stage="fetch", status="fetched", at=now)
    assert parts.ledger.advance(row, outcome, "make", payloads=payloads)
    return stages.index(parts, stages.make(parts, [id_]))


def told(parts: Parts) -> list[dict[str, Any]]:
    while stages.deliver(parts):
        pass
    path = parts.settings.data / "alerts.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


FIRE = {
    "spelling-a": "بيونج يانج",
    "spelling-b": "بيونغ يانغ",
    "proclitic": "لأوكرانيا",
    "bare": "اوكرانيا",
    "near-a": "الناتو قرب/12 اليابان",
    "near-b": "اليابان قرب/12 الناتو",
    "without": "الناتو ليس كرة",
    "entity": "entity:nato",
    "phrase": '"كوريا الشمالية"',
}
SILENT = {"not": "الناتو ليس الصين", "nobody": '"كوريا الشمالية" قرب/1 بلجيكا', "outlet": "مصدر:nobody الناتو"}
WIRE = {"credit": "agency:afp", "dateline": "credit:بروكسل"}


def test_the_two_articles_meet_rules_in_either_spelling(parts: Parts, data_folder: Path) -> None:
    rules(parts, FIRE | SILENT | WIRE, per="article")
    rules(parts, {"story": "الناتو"})
    for number, name in enumerate(NAMES):
        text = (data_folder / "seeds" / f"{name}.txt").read_text("utf-8")
        run(parts, number, page(text, wordpress=number == 0), f"outlet{number}")
    fired = Counter(message["rule"] for message in told(parts))
    assert {rule for rule in SILENT if fired[rule]} == set()
    assert {rule: fired[rule] for rule in WIRE} == dict.fromkeys(WIRE, 1)
    assert {rule: fired[rule] for rule in FIRE} == dict.fromkeys(FIRE, 2)
    assert fired["story"] == 1  # one journey, told by two outlets


def reprint(number: int) -> str:
    """The story as outlet `number` prints it: a headline of its own, quotes of its own, lines broken elsewhere."""
    body = "\n".join(REPRINTED).replace("«", "«" if number % 2 else '"').replace("»", "»" if number % 2 else '"')
    return page(f"سفن الحلف في الميناء، رواية {number}\nكاتب\nصورة\n{body}", wordpress=True)


def test_a_story_that_five_outlets_print_is_told_once_and_followed_up_once(parts: Parts) -> None:
    queries = {"ships": '"ميناء مرفأ الشمال"', "apart": "الناتو قرب/9 خبرة"}
    rules(parts, queries)
    rules(parts, {"each": "سفينتين"}, per="article")
    rules(parts, {"follow": "الإنقاذ البحري"}, follow_up=True)
    new = [run(parts, number, reprint(number), f"outlet{number}") for number in range(5)]
    assert new == [4, 1, 1, 1, 1]
    messages = told(parts)
    kinds = Counter((message["rule"], message["kind"]) for message in messages)
    assert kinds == {
        ("ships", "alert"): 1,
        ("apart", "alert"): 1,
        ("each", "alert"): 5,
        ("follow", "alert"): 1,
        ("follow", "follow"): 1,
    }
    (follow,) = (message for message in messages if message["kind"] == "follow")
    assert follow["count"] == 4
    (ships,) = (message for message in messages if message["rule"] == "ships")
    assert set(ships["articles"][0]["others"]) == {f"outlet{number}" for number in range(1, 5)}
