"""Which reports are of one event: online clustering by average likeness, pure.

A new report joins the story whose reports it is like on average, if it is like them enough; else it begins one. A story
that a new report shows to be the same as another is merged into it; one whose reports have drifted into two groups is
split, and the group of the report that it is named by keeps the name. Time counts: reports of different days are less
alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workers.dedupe.terms import cosine, length
from workers.settings import DedupeSettings

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Report:
    """One text of a story: all prints of it count as one."""

    id: str
    at: float
    """Seconds since 1970."""
    terms: Mapping[int, int]
    length: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", length(self.terms))


@dataclass(frozen=True, slots=True)
class Group:
    """A story's reports, first report first."""

    id: str
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a new report belongs."""

    story: str
    """Id of a story that exists, or the report's own."""
    likeness: float = 0.0
    merged: tuple[str, ...] = ()
    """Stories that turn out to be the same as `story`."""
    split: tuple[tuple[str, ...], ...] = ()
    """Reports that leave `story` together, each group a new story named by its first."""


def likeness(one: Report, other: Report, settings: DedupeSettings) -> float:
    """0..1: shared terms, less for each day between the two beyond the first."""
    days = max(0.0, abs(one.at - other.at) / DAY - 1)
    fade = 1 - settings.story_fade * days
    return cosine(one.terms, other.terms, one.length * other.length) * fade if fade > 0 else 0.0


def place(report: Report, near: Sequence[Group], settings: DedupeSettings) -> Placement:
    """Where `report` belongs among the stories that share terms with it."""
    ranked = sorted(
        ((_average((report,), group.reports, settings), group) for group in near),
        key=lambda pair: (-pair[0], pair[1].reports[0].at, pair[1].id),
    )
    like = [(score, group) for score, group in ranked if score >= settings.story]
    if not like:
        return Placement(report.id)
    joined = _in_time((*like[0][1].reports, report))
    merged: list[Group] = []
    for _, group in like[1:]:
        if _average(joined, group.reports, settings) >= settings.story:
            merged.append(group)
            joined = _in_time((*joined, *group.reports))
    oldest = min([like[0][1], *merged], key=lambda group: (group.reports[0].at, group.id))
    others = tuple(group.id for group in [like[0][1], *merged] if group.id != oldest.id)
    return Placement(oldest.id, like[0][0], others, _drifted(joined, oldest.id, settings))


def _in_time(reports: Sequence[Report]) -> tuple[Report, ...]:
    return tuple(sorted(reports, key=lambda r: (r.at, r.id)))


def _average(ones: Sequence[Report], others: Sequence[Report], settings: DedupeSettings) -> float:
    return sum(likeness(a, b, settings) for a in ones for b in others) / (len(ones) * len(others))


def _drifted(reports: tuple[Report, ...], name: str, settings: DedupeSettings) -> tuple[tuple[str, ...], ...]:
    """The groups apart from that of the report that gives the name, if clustering all anew parts them.

    `story_stay` below the threshold of joining keeps a story together while it is in doubt. Clustering costs the third
    power of the reports, so that a large story is looked at with every fourth report.
    """
    size = len(reports)
    if size < settings.story_split or (size > 2 * settings.story_split and size % 4):
        return ()
    clusters = [tuple(report.id for report in group) for group in cluster(reports, settings, settings.story_stay)]
    keeps = next((group for group in clusters if name in group), clusters[0])
    return tuple(group for group in clusters if group is not keeps)


def cluster(reports: Sequence[Report], settings: DedupeSettings, least: float) -> list[tuple[Report, ...]]:
    """Average-linkage clustering: the two likest groups are joined while they are at least `least` alike."""
    groups: list[tuple[Report, ...]] = [(r,) for r in reports]
    scores = {
        (i, j): likeness(reports[i], reports[j], settings)
        for i in range(len(reports))
        for j in range(i + 1, len(reports))
    }
    alive = set(range(len(groups)))
    while scores:
        (i, j), best = max(scores.items(), key=lambda item: (item[1], -item[0][0], -item[0][1]))
        if best < least:
            break
        left, right = len(groups[i]), len(groups[j])
        alive.discard(j)
        for k in alive - {i}:
            a, b = scores[min(i, k), max(i, k)], scores[min(j, k), max(j, k)]
            scores[min(i, k), max(i, k)] = (a * left + b * right) / (left + right)
        groups[i] = _in_time((*groups[i], *groups[j]))
        scores = {pair: score for pair, score in scores.items() if j not in pair}
    return [groups[i] for i in sorted(alive)]
