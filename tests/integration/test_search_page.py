"""The search page while Elasticsearch is away: the reader is told so in Arabic, and nothing breaks."""

from __future__ import annotations

import pytest

from tests.servers import free_port
from workers.search.page import Page
from workers.search.service import SearchService
from workers.settings import read_settings


@pytest.mark.parametrize(("path", "query"), [("/", "q=%D8%A7"), ("/article/a1", "")])
def test_that_the_index_is_away_is_said_in_arabic(path: str, query: str) -> None:
    config = read_settings({"RASID_ELASTICSEARCH_URL": f"http://127.0.0.1:{free_port()}"})
    with SearchService.open(config) as service:
        status, html = Page(service).answer({"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query})
    assert status == "503 Service Unavailable"
    assert "فهرس البحث لا يجيب الآن" in html.decode()
    assert "does not answer" not in html.decode()
