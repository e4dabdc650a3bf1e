"""One running sample site for the module's tests, and a plain client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import urllib3

from workers.demo.site import NewsSite


@pytest.fixture(scope="package")
def site() -> Iterator[NewsSite]:
    with NewsSite() as running:
        yield running


@pytest.fixture(scope="package")
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        yield pool
