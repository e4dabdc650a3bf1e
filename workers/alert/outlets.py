"""The outlets around an alert: who else carries its story, and which of the rule's outlets were silent.

An alert says what was found; it is worth as much as what was looked at. An outlet is silent when none of its feeds has
brought anything for a day, or for ten times as long as it usually takes, if that is longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from workers.alert.rules import parse_query
from workers.errors import Retry, UserError
from workers.model import Feed, FeedState
from workers.ports import ArticleIndex, SearchRequest
from workers.search.outlets import OutletNames
from workers.search.tree import Keyword, Query, wanted

SILENT = timedelta(days=1)
TIMES = 10
"""How many times its usual pause an outlet must be quiet."""
FRESH = 60.0
"""Seconds that the feeds' states are believed: a burst of alerts does not read them each time."""


def asked_outlets(query: Query, outlets: Iterable[str]) -> set[str]:
    """Those of `outlets` that can bring an article to `query`: the ones it names, or all where it names none."""
    known = set(outlets)
    named = {
        value for leaf in wanted(query) if isinstance(leaf, Keyword) and leaf.field == "outlet" for value in leaf.values
    }
    return named & known if named else known


def silent_outlets(feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime) -> dict[str, bool]:
    """Outlet → whether it is silent. Outlets whose feeds were never read are left out: nothing is known of them."""
    found: dict[str, bool] = {}
    for feed in feeds:
        state = states.get(feed.id)
        if state is not None and state.last_new_at is not None:
            found[feed.outlet] = found.get(feed.outlet, True) and _is_silent(state, state.last_new_at, now)
    return found


def _is_silent(state: FeedState, last: datetime, now: datetime) -> bool:
    pause = timedelta(weeks=1) / max(state.entries_per_week, 0.1)
    return now - last > max(SILENT, TIMES * pause)


@dataclass(slots=True)
class Surroundings:
    """Answers for messages, asked when a message is made. While a store is away there is nothing to say."""

    index: ArticleIndex
    feeds: Callable[[], list[Feed]]
    states: Callable[[], dict[str, FeedState]]
    names: Mapping[str, str]
    """Outlet id → its name."""
    agencies: Mapping[str, str] = field(default_factory=dict)
    """Agency id → its name."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _silent: dict[str, bool] = field(default_factory=dict)
    _read_at: datetime | None = None

    def name(self, outlet: str) -> str:
        """The outlet's name, or its id where it has none."""
        return self.names.get(outlet) or outlet

    def agency(self, agency: str) -> str:
        """The agency's name, or its id where it has none."""
        return self.agencies.get(agency, agency)

    def others(self, story: str, outlet: str) -> tuple[str, ...]:
        """The names of the other outlets that carry `story`."""
        if not story:
            return ()
        request = SearchRequest(query=Keyword("story", (story,)), limit=0, facets=("outlet",))
        with suppress(Retry, UserError):
            facets = self.index.search(request).facets["outlet"]
            return tuple(self.name(other) for other, _ in facets if other != outlet)
        return ()

    def silent(self, query: str) -> tuple[tuple[str, ...], int]:
        """The names of the rule's outlets that are silent, and how many outlets the rule has."""
        now = self.clock()
        if self._read_at is None or (now - self._read_at).total_seconds() > FRESH:
            self._silent, self._read_at = silent_outlets(self.feeds(), self.states(), now), now
        tree = OutletNames(self.names).read(parse_query(query))
        asked = asked_outlets(tree, self._silent)
        return tuple(sorted(self.name(outlet) for outlet in asked if self._silent[outlet])), len(asked)
