"""Where a query finds little: the words that were probably meant, and what to ask instead.

Only words as a person typed them are guessed at; a name's other spellings, which expansion adds, are not theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from workers.ports import ArticleIndex, SearchRequest
from workers.search.similar import likeliest, slips_allowed
from workers.search.tree import And, Boost, Exact, Near, Or, Query, Word, all_of, any_of, wanted

if TYPE_CHECKING:
    from workers.arabic.analysis import Analyzer

MAX_KNOWN = 100_000
"""Words that are known to stand in the index, so that they need not be looked up again."""
MAX_LEFT_OUT = 6
"""Parts of a query that are left out in turn, to see which one finds nothing."""


@dataclass(slots=True)
class Guesser:
    """One index with the analysis of its queries."""

    index: ArticleIndex
    analyzer: Analyzer
    expanded: Callable[[Query], Query]
    """A query as written with the other spellings of its names."""
    few_hits: int
    _known: set[tuple[str, str | None]] = field(default_factory=set)

    def meant(self, written: Query, *, few: bool) -> dict[str, str]:
        """Word → the word of the index that it is probably a slip of.

        Asked of words that the index has nowhere as printed and, where `few` articles were found, of words that
        themselves find next to nothing. A word whose likeliest neighbour has its stem is an inflection, and a name that
        is found in another spelling is a name: neither is a slip.
        """
        found = {}
        for leaf in self._strange(written, few=few):
            folded = self.analyzer.exact_word(leaf.text)
            other = likeliest(folded, self.index.near_words(folded, slips_allowed(folded)))
            if other is not None and self.analyzer.stem_of(other) != self.analyzer.stem_of(folded):
                found[leaf.text] = other
        return found

    def _strange(self, written: Query, *, few: bool) -> Iterator[Word]:
        leaves = [leaf for leaf in dict.fromkeys(wanted(written)) if isinstance(leaf, Word)]
        leaves = [leaf for leaf in leaves if slips_allowed(self.analyzer.exact_word(leaf.text))]
        asked = [leaf for leaf in leaves if few or (leaf.text, leaf.field) not in self._known]
        if not asked:
            return
        printed = self.index.counts([Exact(leaf.text, leaf.field) for leaf in asked])
        spelt = self.index.counts([self.expanded(leaf) for leaf in asked]) if few or 0 in printed else printed
        for leaf, as_printed, in_all in zip(asked, printed, spelt, strict=True):
            if as_printed and len(self._known) < MAX_KNOWN:
                self._known.add((leaf.text, leaf.field))
            is_name = self.expanded(leaf) != leaf
            if (in_all == 0 if is_name else as_printed == 0) or (few and in_all < self.few_hits):
                yield leaf

    def reworded(self, request: SearchRequest, meant: Mapping[str, str]) -> SearchRequest:
        """The request with each word of `meant` or what it was meant to be."""
        written = _reworded(request.written or request.query, meant)
        return replace(request, written=written, query=self.expanded(written))

    def instead(self, request: SearchRequest) -> tuple[tuple[str, int], ...]:
        """Where nothing was found: the query without one of its parts, and how many articles that finds; most first."""
        written = request.written
        if not isinstance(written, And) or len(written.parts) > MAX_LEFT_OUT:
            return ()
        rests = [[part for part in written.parts if part != left_out] for left_out in written.parts]
        counts = self.index.counts([self.expanded(all_of(rest)) for rest in rests])
        found = [(" ".join(map(str, rest)), number) for rest, number in zip(rests, counts, strict=True) if number]
        return tuple(sorted(found, key=lambda pair: -pair[1]))


def _reworded(query: Query, meant: Mapping[str, str]) -> Query:
    """`query` with each word of `meant` or what it was meant to be."""
    match query:
        case Word(text, field) if text in meant:
            return any_of([Word(meant[text], field), query])  # first: ranking goes by it
        case And(parts):
            return all_of([_reworded(part, meant) for part in parts])
        case Or(parts):
            return any_of([_reworded(part, meant) for part in parts])
        case Boost(part, factor):
            return Boost(_reworded(part, meant), factor)
        case Near(parts, distance, ordered, field):
            return Near(tuple(_reworded(part, meant) for part in parts), distance, ordered, field)
        case _:
            return query
