"""Outlets by the names that people call them: `مصدر:الجزيرة` asks for the outlet whose id is `aljazeera`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workers.arabic.fold import fold
from workers.poll.sources import load_sources
from workers.search.tree import And, Boost, Keyword, Not, Or, Query


class OutletNames:
    """The configured outlets' ids and names."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        """`names`: id → name, as config/feeds.yaml has them."""
        self._names = dict(names or {})
        self._named = [(fold(name), id_) for id_, name in (names or {}).items() if name]

    def ids(self, value: str) -> tuple[str, ...]:
        """The outlets that `value` means: an id, a name, the beginning of names; `value` itself where it is neither.

        "بي بي سي" (BBC) means every outlet whose name begins with these words.
        """
        if value in self._names:
            return (value,)
        wanted = fold(value)
        whole = tuple(id_ for name, id_ in self._named if name == wanted)
        return whole or tuple(id_ for name, id_ in self._named if name.startswith(f"{wanted} ")) or (value,)

    def name(self, id_: str) -> str:
        """What people call the outlet; its id where that is not known."""
        return self._names.get(id_) or id_

    def read(self, query: Query) -> Query:
        """`query`, as written, with ids in place of outlets' names."""
        match query:
            case Keyword("outlet", values) if values:
                return Keyword("outlet", tuple(dict.fromkeys(id_ for value in values for id_ in self.ids(value))))
            case And(parts):
                return And(tuple(self.read(part) for part in parts))
            case Or(parts):
                return Or(tuple(self.read(part) for part in parts))
            case Not(part):
                return Not(self.read(part))
            case Boost(part, factor):
                return Boost(self.read(part), factor)
            case _:
                return query


def outlet_names(config_dir: Path) -> OutletNames:
    """Those of config/feeds.yaml; raises `UserError`."""
    return OutletNames({id_: outlet.name for id_, outlet in load_sources(config_dir).outlets.items()})
