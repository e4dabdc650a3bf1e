"""`rasid stories` as a person runs it, on a real Redis and the embedded index."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis

from tests.integration.test_boilerplate_commands import rasid
from tests.integration.test_duplicates import article as article_id
from tests.integration.test_stories import REPORTS, SETTINGS, report
from tests.unit.dedupe.test_card import article
from workers.index import open_index
from workers.settings import read_settings
from workers.store.duplicates import RedisDuplicates


def test_a_story_is_listed_shown_and_asked_for_by_a_wrong_id(
    redis_url: str, redis_client: redis.Redis, unique_name: str, tmp_path: Path
) -> None:
    where = {"RASID_REDIS_URL": redis_url, "RASID_REDIS_PREFIX": unique_name, "RASID_DATA": str(tmp_path)}
    duplicates = RedisDuplicates(redis_client, unique_name, SETTINGS)
    now = datetime.now(UTC)
    articles = []
    for i, text in enumerate(REPORTS):
        at = now - timedelta(hours=3 - i)
        kin = duplicates.relate(article_id(str(i)), report(*text), at=at)
        made = article("a", 0, f"outlet{i}")
        articles.append(
            replace(
                made, id=article_id(str(i)), title=text[0], kinship=kin, first_seen_at=at, published=at, updated_at=at
            )
        )
    index = open_index(read_settings(where))
    index.init()
    assert {verdict.result for verdict in index.put(articles)} == {"stored"}
    index.close()

    listed = json.loads(rasid("stories", "--since", "last 2 days", "--json", **where).stdout)["stories"]
    assert [len(story["articles"]) for story in listed] == [3]
    story = listed[0]
    assert [o["outlet"] for o in story["outlets"]] == ["outlet0", "outlet1", "outlet2"]
    assert story["first"]["article"] == article_id("0")

    shown = rasid("stories", story["id"], **where)
    assert shown.returncode == 0
    assert REPORTS[2][0] in shown.stdout
    assert rasid("show", story["id"], **where).stdout == shown.stdout
    missing = rasid("stories", "s0000000000000000", **where)
    assert (missing.returncode, "is no story of the window" in missing.stderr) == (2, True)
    wrong = rasid("stories", "--since", "someday", **where)
    assert (wrong.returncode, "is not a date" in wrong.stderr) == (2, True)
