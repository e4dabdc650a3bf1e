"""Everything that a hostile server can do to a poll, one case after the other, as one worker would meet them.

`python -m tests.hostile` prints how each ended, how long it took (with the processes it started), the most memory that
the worker needed above its rest, and at the end what it keeps. Each case goes the whole way: `poll_feed` through the
guarded client to a real server on loopback.
"""

from __future__ import annotations

import base64
import resource
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import psutil

from tests.newssite import Behaviour, NewsSite, Request, endless, gzip_bomb, gzipped, head, rss
from workers.fetch.http import Client
from workers.fetch.wire import Resolver
from workers.model import Feed, FeedState, Outlet
from workers.poll.poll import poll_feed
from workers.settings import FetchSettings, PollSettings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECONDS = 2.0
"""The deadline of an exchange, in place of the 45 and 60 of the settings."""
MEGABYTES = 9
CATEGORY = "<category>a</category>"
JSON = b'{"version":"https://jsonfeed.org/version/1","items":['
ITEM = "<item><title>خبر</title><link>https://www.example.com/1</link>%s</item>"  # "news"


@dataclass(frozen=True)
class Case:
    """What is asked and the names under which it may end; `ok`: it is read as a feed."""

    name: str
    ends: frozenset[str]
    behaviour: Behaviour | None = None
    url: str = ""
    resolver: Resolver | None = None
    prepare: Callable[[], Behaviour] | None = None
    """Makes the behaviour, where that takes time of its own."""


@dataclass(frozen=True)
class Ended:
    """How a case ended: its name, seconds by the clock, CPU seconds with child processes, peak megabytes above rest,
    connections to the internal server."""

    outcome: str
    seconds: float
    cpu: float
    peak: float
    connections: int


# --- payloads ----------------------------------------------------------------------------------------------------


def zstd_bomb(size: int) -> bytes:
    """A Zstandard frame (RFC 8878) of zeros in RLE blocks: four bytes for each 128 kB."""
    blocks = size // 131072
    rows = (struct.pack("<I", (131072 << 3) | 2 | (number == blocks - 1))[:3] + b"\0" for number in range(blocks))
    return b"\x28\xb5\x2f\xfd\x00\x58" + b"".join(rows)


def brotli_bomb() -> bytes:
    """Two gigabytes of zeros as Brotli (RFC 7932): the stream that its reference encoder makes of them."""
    return zlib.decompress(base64.b85decode(_BROTLI))


def channel(inside: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<rss version="2.0"><channel><title>t</title>{inside}</channel></rss>'.encode()


def filled(piece: str) -> bytes:
    """A feed whose one item is filled up with `piece`."""
    return channel(ITEM % (piece * (MEGABYTES * 1_000_000 // len(piece.encode()))))


def _laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    return channel(ITEM % "<description>&l9;</description>", f"<!DOCTYPE rss [{levels}]>")


def _quadratic() -> bytes:
    return channel(
        ITEM % f"<description>{'&a;' * 90_000}</description>", f'<!DOCTYPE rss [<!ENTITY a "{"x" * 100_000}">]>'
    )


def _styled() -> str:
    return f'<description>&lt;p style="{"a" * 200_000}"&gt;</description>'


def _external(target: str) -> bytes:
    dtd = f'<!DOCTYPE rss SYSTEM "{target}" [<!ENTITY x SYSTEM "{target}"><!ENTITY % p SYSTEM "{target}"> %p;]>'
    return channel(ITEM % "<description>&x;</description>", dtd)


BOMBS = (
    ("gzip, 0.5 MB for 500 MB", "gzip", "bomb", lambda: gzip_bomb(500_000_000)),
    ("gzip in gzip", "gzip, gzip", "bad_encoding", lambda: gzipped(gzip_bomb(500_000_000))),
    ("brotli, 2 kB for 2 GB", "br", "bad_encoding", brotli_bomb),
    ("zstd, 61 kB for 2 GB", "zstd", "bad_encoding", lambda: zstd_bomb(2_000_000_000)),
)

FEEDS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "100,000 attributes in a tag": (
        lambda: channel(ITEM % ("<a " + " ".join(f'b{n}="c"' for n in range(100_000)) + "/>")),
        {"too_complex"},
    ),
    "100,000 attributes without quotes": (lambda: channel(ITEM % ("<a " + "b=c " * 100_000 + "/>")), {"ok"}),
    "billion laughs": (_laughs, {"too_complex"}),
    "quadratic entities": (_quadratic, {"too_complex"}),
    "an entity that is a local file": (lambda: _external("file:///etc/passwd"), {"ok"}),
    "bare ampersands": (lambda: filled("&"), {"ok", "too_complex"}),
    "an attribute of ampersands": (lambda: channel(ITEM % f'<a b="{"&" * 9_000_000}"/>'), {"ok", "too_complex"}),
    "empty tags": (lambda: filled("<a/>"), {"too_complex"}),
    "one category again and again": (lambda: channel(ITEM % (90_000 * CATEGORY)), {"ok", "too_complex"}),
    "empty tags that end wrongly": (lambda: channel(ITEM % ("<a/>" * 190_000 + "<b></c>")), {"ok", "too_complex"}),
    "half a million tags inside one another": (lambda: channel("<a>" * 500_000), {"too_complex"}),
    "half a million tags that do not end": (lambda: channel("<a" * 500_000), {"too_complex"}),
    "a hundred thousand items": (lambda: channel((ITEM % "") * 100_000), {"ok"}),
    "a style of 200,000 characters": (lambda: channel(ITEM % _styled()), {"ok"}),
    "brackets of JSON": (lambda: JSON + b"[" * 9_000_000, {"broken_feed"}),
    "nothing but spaces": (lambda: b" " * 9_000_000, {"empty_body"}),
    "a page": (lambda: b"<html><body>" + b"<span>" * 1_000_000, {"html_page"}),
}  # fmt: skip


def _served(body: bytes) -> Behaviour:
    return _plain(lambda: body)


def _sent(raw: bytes) -> Behaviour:
    return lambda _: iter([raw])


def _encoded(make: Callable[[], bytes], encoding: str) -> Behaviour:
    body = make()
    return _sent(head(f"Content-Encoding: {encoding}", f"Content-Length: {len(body)}") + body)


def _plain(make: Callable[[], bytes]) -> Behaviour:
    def behave(_: Request) -> Iterator[bytes]:
        body = make()
        yield head(f"Content-Length: {len(body)}", "Content-Type: application/rss+xml") + body

    return behave


def cases(internal: NewsSite) -> Iterator[Case]:
    """All of them. `internal` stands for what must not be reached."""
    from tests.unit.fetch.test_http import HOSTILE, INTERNAL, SLOW

    refused = frozenset({"refused_address", "bad_url", "dns", "redirects"})
    for payload in INTERNAL:
        yield Case(f"address {payload}", refused, url=payload.format(port=f":{internal.port}"))
    name = f"http://mixed.example:{internal.port}/"
    for answers in (["93.184.216.34", "127.0.0.1"], ["127.0.0.1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"]):
        yield Case(f"DNS {answers}", refused, url=name, resolver=lambda *_, found=answers: found)
    for target in (internal.url("/"), f"//0x7f.1:{internal.port}/", "file:///etc/passwd", "http://169.254.169.254/"):
        redirect = head(f"Location: {target}", "Content-Length: 0", status=302)
        yield Case(f"redirect to {target[:40]}", refused, _sent(redirect))
    for title, behaviour in SLOW.items():
        yield Case(title, frozenset({"timeout"}), behaviour)
    for title, (behaviour, kinds) in HOSTILE.items():
        yield Case(title, frozenset({*kinds, "timeout"}), behaviour)  # whichever bound a slow machine reaches first
    for title, encoding, kind, make in BOMBS:
        yield Case(title, frozenset({kind}), prepare=partial(_encoded, make, encoding))
    members = endless(head("Content-Encoding: gzip", "Connection: close"), gzipped(b"x" * 60_000))
    yield Case("gzip, no end to its members", frozenset({"bomb", "too_large"}), members)
    for title, (make, kinds) in FEEDS.items():
        yield Case(title, frozenset(kinds), _plain(make))
    for address in (internal.url("/dtd"), internal.url("/dtd").removeprefix("http:")):
        yield Case(f"an entity that is at {address[:7]}…", frozenset({"ok"}), _served(_external(address)))


# --- a worker ----------------------------------------------------------------------------------------------------


class Worker:
    """One process that polls, and measures itself."""

    def __init__(self) -> None:
        self.internal, self.site = NewsSite(), NewsSite()
        self.rest = 0.0
        self.clients: dict[tuple[str, ...], Client] = {}

    def __enter__(self) -> Worker:
        self.internal.__enter__()
        self.site.__enter__()
        self.run(Case("warm", frozenset({"ok"}), _served(rss([("a", "http://e.example/", "")]))))
        self.rest = _resident()
        return self

    def __exit__(self, *_: object) -> None:
        self.site.__exit__()
        self.internal.__exit__()

    def _settings(self, allowed: tuple[str, ...]) -> FetchSettings:
        ports = (80, 443, self.internal.port)
        return FetchSettings(ports=ports, allow_hosts=allowed, total_timeout=SECONDS, connect_timeout=SECONDS)

    def _client(self, allowed: tuple[str, ...]) -> Client:
        if allowed not in self.clients:
            self.clients[allowed] = Client(self._settings(allowed))
        return self.clients[allowed]

    def run(self, case: Case) -> Ended:
        """Poll once, as the hostile server wants it."""
        behaviour = case.prepare() if case.prepare else case.behaviour or _sent(b"")
        url = case.url or self.site.behave("/raw/feed", behaviour)
        allowed = () if case.url else (self.site.host,)
        client = Client(self._settings(allowed), resolver=case.resolver) if case.resolver else self._client(allowed)
        polling = PollSettings(parse_seconds=6, fetch_seconds=SECONDS)
        reached, before, cpu = self.internal.connections, time.monotonic(), _cpu()
        _reset_peak()
        base = _resident()
        found = poll_feed(
            Feed(id="f", url=url, outlet="o"),
            FeedState(feed="f"),
            outlet=Outlet(id="o", name="o"),
            client=client,
            settings=polling,
            now=NOW,
            rng=Random(1),
        )
        error = found.event.get("error")
        return Ended(
            outcome=str(error).partition(":")[0] if error else "ok",
            seconds=time.monotonic() - before,
            cpu=_cpu() - cpu,
            peak=max(_peak() - base, 0.0),
            connections=self.internal.connections - reached,
        )


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    row = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(row.split()[1]) / 1000


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main(words: list[str]) -> int:
    """Print every case (or those whose name has one of `words`); the exit code counts what ended under other names.

    All are met a second time, to see whether the worker's memory goes on growing.
    """
    wrong, total, worst, reached = 0, 0, 0.0, 0
    with Worker() as worker:
        chosen = [c for c in cases(worker.internal) if not words or any(word in c.name for word in words)]
        for case in chosen:
            ended = worker.run(case)
            bad = ended.outcome not in case.ends or ended.connections > 0
            wrong, total, worst, reached = wrong + bad, total + 1, max(worst, ended.peak), reached + ended.connections
            mark = "!" if bad else " "
            row = f"{ended.seconds:6.2f} s {ended.cpu:6.2f} s CPU {ended.peak:5.0f} MB  {ended.outcome:16}"
            print(f"{mark} {row} {case.name}", flush=True)
        once = _resident()
        for case in chosen:
            worker.run(case)
        print(f"{total} cases, {wrong} ended otherwise; {reached} connections to the internal server")
        print(f"memory: {worker.rest:.0f} MB at rest, at most {worst:.0f} MB more within a case")
        print(f"memory after all cases: {once:.0f} MB; after all of them again: {_resident():.0f} MB")
    return wrong


_BROTLI = (
    "c-lMv|9|}tb%sY99TdL*oB#j+{}28QM-mwu-u<-)avsiS=s2vzaQAopzyJRa+cOHZvoh@Z{{PSa|Lyfm3VhrQCGY?L{QsZ-KZ}Em"
    "7{iNu|3Cl#FaM9T!9s`O!ruSS|NpoDBg{}3!LXqE|9PlI8yFmLS;RDI(WphE7L8goYSHksh#df2wYJF"
)
"""Packed with zlib: it repeats itself."""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
