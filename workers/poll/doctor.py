"""What is to be said of a feed to a person: reachable, format, encoding, dates, rhythm, what was asked of us. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workers.fetch.http import Response
from workers.model import Feed, FeedEntry
from workers.poll import schedule
from workers.poll.parse import ParsedFeed
from workers.settings import PollSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Findings in plain words, in the order a person asks for them. `well`: it can be polled as it is."""

    well: bool
    findings: tuple[str, ...]
    interval: float | None = None
    """Proposed seconds between polls."""
    entries_per_week: float | None = None


def diagnose(feed: Feed, answer: Response, parsed: ParsedFeed, *, settings: PollSettings, now: datetime) -> Diagnosis:
    """Examine one answer of a feed's address."""
    findings = [_reached(answer)]
    if answer.moved_to:
        findings.append(f"It has moved for good to {answer.moved_to}: take that address.")
    if parsed.failure or answer.status != 200:
        words = parsed.problems[0].partition(": ")[2] if parsed.failure else f"HTTP {answer.status}"
        return Diagnosis(well=False, findings=(*findings, f"It cannot be polled: {words}."))
    findings.append(f"It is {parsed.format}, written in {parsed.encoding}, with {len(parsed.entries)} entries.")
    findings += [f"The feed {problem.partition(': ')[2]}." for problem in parsed.problems]
    findings.append(_dates(parsed.entries, now))
    findings.append(_texts(parsed.entries))
    dates = [entry.published for entry in parsed.entries if entry.published]
    rhythm = schedule.first_rhythm(dates, now)
    interval = _interval(feed, parsed, rhythm, settings)
    findings += _wishes(parsed, answer)
    findings.append(
        f"Proposed interval: {_span(interval)}, for about {rhythm.rate * schedule.WEEK:.0f} entries a week."
    )
    weekly = round(rhythm.rate * schedule.WEEK, 1)
    return Diagnosis(well=True, findings=tuple(findings), interval=interval, entries_per_week=weekly)


def _reached(answer: Response) -> str:
    hops = f" after {len(answer.redirects)} redirects" if answer.redirects else ""
    return f"It answered HTTP {answer.status}{hops} in {answer.elapsed:.1f} seconds, {len(answer.body):,} bytes."


def _dates(entries: tuple[FeedEntry, ...], now: datetime) -> str:
    dates = sorted(entry.published for entry in entries if entry.published)
    if not dates:
        return "No entry has a date that can be read: the time of discovery will stand for it."
    zoneless = sum("+zone" in entry.published_source for entry in entries)
    zone = f"; {zoneless} name no time zone, the outlet's is taken" if zoneless else ""
    newest = _span(max((now - dates[-1]).total_seconds(), 0))
    return f"{len(dates)} of {len(entries)} entries are dated, the newest {newest} ago{zone}."


def _texts(entries: tuple[FeedEntry, ...]) -> str:
    full = sum(bool(entry.content) for entry in entries)
    return (
        f"{full} of {len(entries)} entries carry their text in the feed."
        if full
        else "The feed carries summaries only."
    )


def _interval(feed: Feed, parsed: ParsedFeed, rhythm: schedule.Rhythm, settings: PollSettings) -> float:
    least, most = schedule.bounds(feed, settings)
    target = schedule.PER_POLL / rhythm.rate if rhythm.rate else most
    target = min(target, schedule.unseen_after(rhythm, len(parsed.entries)))
    return max(min(max(target, least), most), min(parsed.hints.least_wait, settings.feed_may_ask))


def _wishes(parsed: ParsedFeed, answer: Response) -> list[str]:
    hints, found = parsed.hints, []
    if hints.least_wait:
        found.append(f"It asks not to be read more often than every {_span(hints.least_wait)}.")
    if hints.skip_hours or hints.skip_days:
        found.append("It names hours or days in which it does not want to be asked.")
    if not (answer.headers.get("ETag") or answer.headers.get("Last-Modified")):
        found.append("Its server sends no validators: every poll costs it the whole feed.")
    if hints.hub:
        found.append(f"It announces a WebSub hub: {hints.hub}")
    return found


def _span(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
