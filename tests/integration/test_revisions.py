"""Past states on a real Redis."""

from __future__ import annotations

from dataclasses import replace

import redis

from tests.unit.dedupe.test_revisions import FIRST, SECOND, article
from workers.settings import DedupeSettings
from workers.store.revisions import RedisRevisions


def test_states_are_kept_once_each_and_their_changes_told(redis_client: redis.Redis, unique_name: str) -> None:
    revisions = RedisRevisions(redis_client, unique_name, DedupeSettings())
    one = replace(article(FIRST), text_hash="1")
    two = replace(article(FIRST, SECOND, revision=2), text_hash="2")
    assert [revisions.keep(state) for state in (one, one, two, two)] == [True, False, True, False]
    assert revisions.states(one.id) == [one, two]
    (told,) = revisions.history(one.id)
    assert [(c.kind, c.new) for c in told.changes] == [("added", SECOND)]
    assert redis_client.ttl(f"{unique_name}:rev:{one.id}") > 0


def test_the_first_state_stays_when_there_are_too_many(redis_client: redis.Redis, unique_name: str) -> None:
    revisions = RedisRevisions(redis_client, unique_name, DedupeSettings(revisions_kept=3))
    for i in range(6):
        revisions.keep(replace(article(FIRST, f"سطر {i}"), text_hash=str(i)))
    assert [state.text_hash for state in revisions.states("0" * 32)] == ["0", "4", "5"]
