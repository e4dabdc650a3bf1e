"""`rasid bench feeds`: other projects' feed documents through our parsing, counted; and what the guards cost.

Corpora: feedparser's own test files (its source distribution, fetched by pip into a cache) and the Feed Validator's
test cases (an archive that the caller names). Counted are exceptions, attempts to open a file or a connection while a
document is parsed (seen by the interpreter's audit events), items lost against the tags in the document, and how many
of feedparser's own expectations hold under the guarded call and under its defaults.
"""

from __future__ import annotations

import io
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import feedparser

from workers.bench.feed_corpora import Document, documents_of_archive, documents_of_feedparser, feedparser_tests
from workers.cli.output import json_option, print_json
from workers.errors import Fault, UserError
from workers.fetch.charset import decode
from workers.model import Outlet
from workers.poll.items import plain_text
from workers.poll.parse import ParsedFeed, guarded_feedparser, parse_feed

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_OUTLET = Outlet(id="bench", name="bench")
_URL = "http://127.0.0.1:8097/feed"
_ITEM = re.compile(rb"<(?:item|entry)[\s>]")
_WARM = b"<rss><channel><item><title>x</title><link>http://m.example.com/</link></item></channel></rss>"
_WATCHED = frozenset({"open", "socket.connect", "socket.getaddrinfo"})


@dataclass(slots=True)
class Counts:
    """What came of a corpus."""

    documents: int = 0
    feeds: int = 0
    entries: int = 0
    exceptions: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    """Documents with fewer entries than items, though none of these was named as a problem."""
    failures: Counter[str] = field(default_factory=Counter)
    expectations: int = 0
    kept_guarded: int = 0
    kept_default: int = 0
    differences: list[str] = field(default_factory=list)
    """Documents of which a reader would see something else than with feedparser's defaults."""
    slowest_ms: float = 0.0
    seconds: float = 0.0


class _Watch:
    """Files and connections that are opened while `on`. An audit hook stays for the life of the process."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event in _WATCHED and not str(arguments[0]).endswith((".py", ".pyc")):
            self.seen.append(f"{event} {arguments[:1]}")


def measure(documents: Iterable[Document], watch: _Watch | None = None) -> Counts:
    """Parse every document as a poll would."""
    counts, watch = Counts(), watch or _Watch()
    _measure_one(Document("warm", _WARM), Counts(), watch)  # lists of ours are read at the first use
    started = time.process_time()
    for document in documents:
        _measure_one(document, counts, watch)
    counts.seconds = round(time.process_time() - started, 2)
    return counts


def _measure_one(document: Document, counts: Counts, watch: _Watch) -> None:
    counts.documents += 1
    began, watch.on, watch.seen = time.process_time(), True, []
    try:
        parsed = parse_feed(
            document.body,
            url=_URL,
            feed=None,
            outlet=_OUTLET,
            headers=document.headers,
            now=_NOW,
        )
    except Exception as error:
        counts.exceptions.append(f"{document.name}: {type(error).__name__}: {error}")
        return
    finally:
        watch.on = False
    counts.slowest_ms = max(counts.slowest_ms, round(1000 * (time.process_time() - began), 1))
    counts.opened += [f"{document.name}: {what}" for what in watch.seen]
    counts.feeds += bool(parsed.format)
    counts.entries += len(parsed.entries)
    counts.failures[parsed.failure or "none"] += 1
    explained = any(problem.startswith(("no_link", "repeated")) for problem in parsed.problems)
    if parsed.format and not explained and len(parsed.entries) < len(_ITEM.findall(document.body)):
        counts.short.append(document.name)


def expectations(documents: Iterable[Document], counts: Counts, *, beside: bool = True) -> None:
    """Count how many of feedparser's own expectations hold under the guarded call and, `beside`, under its defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for document in documents:
            counts.expectations += 1
            text = decode(document.body, document.headers.get("content-type"))[0]
            counts.kept_guarded += _holds(document.expected, guarded_feedparser(text, _URL))
            if beside:
                plain = feedparser.parse(io.BytesIO(document.body), response_headers=document.headers)
                counts.kept_default += _holds(document.expected, plain)


def _holds(expression: str, answer: Any) -> bool:
    try:
        return bool(eval(expression, {**feedparser.__dict__}, answer))  # noqa: S307 - a test suite's own expressions
    except Exception:  # it is about something that is not there
        return False


def differences(documents: Iterable[Document]) -> list[str]:
    """What a reader would miss: feed titles, entries, their titles and dates that feedparser's defaults read and our
    parsing does not, or reads otherwise, as plain text."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for document in documents:
            headers = {**document.headers, "content-location": _URL}
            plain = feedparser.parse(io.BytesIO(document.body), response_headers=headers)
            ours = parse_feed(document.body, url=_URL, feed=None, outlet=_OUTLET, headers=document.headers, now=_NOW)
            if what := _differs(plain, ours):
                found.append(f"{document.name}: {what}")
    return found


def _differs(plain: Any, ours: ParsedFeed) -> str:
    title = plain_text(str(plain.feed.get("title") or ""))
    if title != ours.title:
        return f"feed title {title[:40]!r}, {ours.title[:40]!r} {ours.failure}"
    linked = [entry for entry in plain.entries if entry.get("link")]
    titles = {entry.title for entry in ours.entries}
    missing = [text for entry in linked if (text := plain_text(str(entry.get("title") or ""))) not in titles]
    if len(ours.entries) < len(linked) or missing:
        return f"entries {len(linked)}, {len(ours.entries)}; titles {missing[:1]}"
    dated = any(entry.get("published_parsed") for entry in linked)
    return "dates" if dated and not any(entry.published for entry in ours.entries) else ""


def guard_cost(document: bytes, rounds: int = 9) -> dict[str, float]:
    """CPU milliseconds to read one document: our whole parsing, and feedparser alone as it comes; the median."""

    def median_of(run: Any) -> float:
        times = []
        for _ in range(rounds):
            began = time.process_time()
            run()
            times.append(time.process_time() - began)
        return round(1000 * sorted(times)[rounds // 2], 1)

    def ours() -> None:
        parse_feed(document, url="http://127.0.0.1/", feed=None, outlet=_OUTLET, headers={}, now=_NOW)

    return {"guarded_ms": median_of(ours), "plain_ms": median_of(lambda: feedparser.parse(io.BytesIO(document)))}


@click.command("feeds")
@click.option("--feedvalidator", type=click.Path(exists=True, path_type=Path), help="Archive of its test cases.")
@click.option("--cost", type=click.Path(exists=True, path_type=Path), help="A feed whose parsing is timed.")
@json_option
def command(*, feedvalidator: Path | None, cost: Path | None, as_json: bool) -> None:
    """Other projects' feed documents through our parsing: exceptions, files and connections opened, what is kept.

    Example: rasid bench feeds --feedvalidator feedvalidator_testcases.tar.gz --cost feed.xml
    """
    folder = feedparser_tests()
    if folder is None:
        raise UserError(Fault("feedparser", "its source distribution could not be fetched", "is a package index set?"))
    watch, documents = _Watch(), list(documents_of_feedparser(folder))
    found: dict[str, Any] = {"feedparser": measure(documents, watch)}
    expectations([document for document in documents if document.expected], found["feedparser"])
    found["feedparser"].differences = differences(documents)
    if feedvalidator is not None:
        found["feedvalidator"] = measure(documents_of_archive(feedvalidator), watch)
    plain = {name: _plain(counts) for name, counts in found.items()}
    if cost is not None:
        plain["cost"] = guard_cost(cost.read_bytes())
    if as_json:
        print_json(plain)
        return
    for name, counts in plain.items():
        click.echo(name)
        for key, value in counts.items():
            click.echo(f"  {key:14} {value}")


def _plain(counts: Counts) -> dict[str, Any]:
    return {
        "documents": counts.documents,
        "feeds": counts.feeds,
        "entries": counts.entries,
        "exceptions": counts.exceptions,
        "opened": counts.opened,
        "short": counts.short,
        "failures": dict(counts.failures.most_common()),
        "expectations": counts.expectations,
        "kept_guarded": counts.kept_guarded,
        "kept_default": counts.kept_default,
        "differences": counts.differences,
        "slowest_ms": counts.slowest_ms,
        "seconds": counts.seconds,
    }
