from __future__ import annotations

import pytest
import redis

from workers.bench.due import measure

pytestmark = pytest.mark.servers


def test_claimers_at_once_get_every_feed_once(redis_client: redis.Redis, unique_name: str) -> None:
    found = measure(redis_client, 3000, unique_name)
    assert (found["claimed_twice"], found["never_claimed"]) == (0, 0)
    assert found["claimed_a_second"] > 0
