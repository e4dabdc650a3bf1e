"""Other projects' feed documents. The counts were recorded when they were first reached; they may only rise."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.bench.feed_corpora import documents_of_archive, documents_of_feedparser, feedparser_tests
from workers.bench.feeds import differences, expectations, measure


def test_the_feed_validators_cases(data_folder: Path) -> None:
    counts = measure(documents_of_archive(data_folder / "feeds" / "feedvalidator_testcases.tar.gz"))
    assert counts.exceptions == []
    assert counts.opened == []
    assert counts.documents >= 1952
    assert counts.feeds >= 1859
    assert counts.entries >= 1000
    assert len(counts.short) <= 1


def test_feedparsers_own_cases() -> None:
    folder = feedparser_tests(fetch=False)
    if folder is None:
        pytest.skip("feedparser's source distribution is not in the cache: run `rasid bench feeds` once")
    documents = list(documents_of_feedparser(folder))
    counts = measure(documents)
    assert counts.exceptions == []
    assert counts.opened == []
    assert counts.feeds >= 2224
    expectations([document for document in documents if document.expected], counts, beside=False)
    assert counts.kept_guarded >= 1590, "the rest is sanitised HTML, resolved addresses and the name of the charset"
    lost = differences(documents)
    assert len(lost) <= 6, f"a reader would miss: {lost}"
