"""Fixtures of all tests: real servers, each test with names of its own on them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings

from tests import servers

settings.register_profile("shared", deadline=None)  # machines are shared and noisy: no test asserts on time
settings.load_profile("shared")

DATA = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Real articles, pages and feeds that are not part of the project; tests that need them skip without them."""
    if not DATA.is_dir():
        pytest.skip(f"the data folder {DATA.name} does not lie beside the project")
    return DATA


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """A real Elasticsearch; use index names of your own (`unique_name`)."""
    if servers.SKIP:
        pytest.skip("RASID_TEST_SKIP_SERVERS=1: NOT tested against a real Elasticsearch")
    try:
        return servers.elasticsearch_url()
    except servers.ServerMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def _redis_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if servers.SKIP:
        pytest.skip("RASID_TEST_SKIP_SERVERS=1: NOT tested against a real Redis")
    if given := os.environ.get("RASID_TEST_REDIS_URL"):
        yield given
        return
    try:
        with servers.redis_server(tmp_path_factory.mktemp("redis")) as (url, _):
            yield url
    except servers.ServerMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture
def redis_url(_redis_session: str) -> str:
    """A real Redis shared by the session; use key prefixes of your own (`unique_name`)."""
    return _redis_session


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    """A client of the real Redis."""
    client = redis.Redis.from_url(redis_url)
    yield client
    client.close()


@pytest.fixture
def unique_name() -> str:
    """A name that no other test or run uses: lower case, fit for an index or a key prefix."""
    return f"t{uuid.uuid4().hex[:12]}"
