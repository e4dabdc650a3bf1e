"""Feeds whose reading could take long are read in a process of their own, which the kernel ends at its limit.

A parser's work cannot be bounded from its size: 9.5 MB of empty tags took feedparser 59 s, of bare ampersands 14 s,
broken ones its lenient reader more than five minutes. Threads cannot be stopped, processes can. A feed of the usual
size is read in place, because even the worst of so few tags takes seconds; the others pay the start of an interpreter
(about 0.7 s of CPU). The child may use `poll.parse_seconds` of CPU and `poll.parse_memory` bytes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workers.model import Feed, Outlet, as_dict, dump, load
from workers.poll.parse import ParsedFeed, parse_feed
from workers.settings import PollSettings

IN_PLACE_BYTES = 1_000_000
IN_PLACE_TAGS = 20_000
"""Below both a feed is read in place: the worst shape of `tests/hostile.py` then takes about three seconds of CPU."""
_PATIENCE = 5
"""Times the CPU limit that the child may take by the clock, on a busy machine."""


def read_feed(
    body: bytes,
    *,
    url: str,
    feed: Feed | None,
    outlet: Outlet,
    headers: Mapping[str, str],
    now: datetime,
    settings: PollSettings,
) -> ParsedFeed:
    """As `parse_feed`, but never for longer than settings allow; what takes longer is a feed too complex to be read."""
    if len(body) <= IN_PLACE_BYTES and body.count(b"<") <= IN_PLACE_TAGS:
        return parse_feed(body, url=url, feed=feed, outlet=outlet, headers=headers, now=now, settings=settings)
    job = {
        "url": url,
        "feed": as_dict(feed) if feed else None,
        "outlet": as_dict(outlet),
        "headers": dict(headers),
        "now": now.isoformat(),
        "settings": settings.model_dump(),
    }
    return _in_a_child(json.dumps(job).encode() + b"\n" + body, settings)


def _in_a_child(message: bytes, settings: PollSettings) -> ParsedFeed:
    limits = [str(settings.parse_seconds), str(settings.parse_memory)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "workers.poll.apart", *limits],
            input=message,
            capture_output=True,
            timeout=_PATIENCE * settings.parse_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _given_up(f"reading it took longer than {_PATIENCE * settings.parse_seconds} seconds")
    if done.returncode == 0:
        return load(ParsedFeed, done.stdout)
    if done.returncode < 0:
        return _given_up(f"reading it took more than {settings.parse_seconds} seconds of CPU")
    last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return _given_up(f"reading it ended with {last[:200] or f'exit code {done.returncode}'}")


def _given_up(why: str) -> ParsedFeed:
    return ParsedFeed(format="", problems=(f"too_complex: {why}",), failure="too_complex")


def _child(arguments: list[str]) -> None:
    """Limits first, then one job from standard input; its answer as JSON on standard output."""
    seconds, memory = (int(argument) for argument in arguments)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    head, _, body = sys.stdin.buffer.read().partition(b"\n")
    job: dict[str, Any] = json.loads(head)
    parsed = parse_feed(
        body,
        url=job["url"],
        feed=load(Feed, json.dumps(job["feed"])) if job["feed"] else None,
        outlet=load(Outlet, json.dumps(job["outlet"])),
        headers=job["headers"],
        now=datetime.fromisoformat(job["now"]),
        settings=PollSettings.model_validate(job["settings"]),
    )
    sys.stdout.buffer.write(dump(parsed))


if __name__ == "__main__":
    _child(sys.argv[1:])
