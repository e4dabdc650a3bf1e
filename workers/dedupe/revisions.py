"""What changed between two states of a page, and when to look again. Pure; where past states lie: store/revisions.py.

An outlet that changes a text seldom says so. A revision keeps what was taken out, what was put in and where, by
paragraphs and by words, so that a silent edit can be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Literal

from workers.arabic.tokens import tokenize
from workers.model import Article
from workers.settings import DedupeSettings

ChangeKind = Literal["added", "removed", "changed"]
RELATED = 0.4
"""Two paragraphs that share this much of their words are one paragraph edited, not one removed and one added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One paragraph that is not as it was. `words`: (what was, what is) for each run of edited words."""

    kind: ChangeKind
    position: int
    """Of the paragraph in the newer text; of a removed one, where it would stand."""
    old: str = ""
    new: str = ""
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """How an article's state differs from the one before."""

    article: str
    revision: int
    at: datetime
    title: tuple[str, str] | None = None
    """Old and new title, where it changed."""
    changes: tuple[Change, ...] = ()
    share: float = 0.0
    """Share of the words of both states that were edited, 0..1."""
    deleted: bool | None = None
    """True: the page was found gone; False: it came back; None: neither."""


def compare(old: Article, new: Article) -> Revision | None:
    """The revision from `old` to `new`; None where a reader sees the same words."""
    before, after = [p.text for p in old.paragraphs], [p.text for p in new.paragraphs]
    title = None if _keys(old.title) == _keys(new.title) else (old.title, new.title)
    changes = _changes(before, after)
    was, is_ = old.deleted_at is not None, new.deleted_at is not None
    if title is None and not changes and was == is_:
        return None
    total = sum(len(_keys(p)) for p in before + after)
    edited = sum(_edited(change) for change in changes)
    return Revision(
        article=new.id,
        revision=new.revision,
        at=new.updated_at,
        title=title,
        changes=changes,
        share=edited / total if total else 0.0,
        deleted=is_ if was != is_ else None,
    )


def next_look(published: datetime, looked: datetime, settings: DedupeSettings) -> datetime | None:
    """When to fetch a page again after `looked`: its age grows by `look_growth` from look to look, so that most looks
    come soon after publication; None once it is older than `look_until`. The politeness of hosts comes on top."""
    age = max((looked - published).total_seconds(), 0.0)
    next_age = max(settings.look_first, age * settings.look_growth)
    if next_age > settings.look_until:
        return None
    return published.fromtimestamp(published.timestamp() + next_age, published.tzinfo)


def _keys(text: str) -> list[str]:
    return [t.key for t in tokenize(text)]


def _edited(change: Change) -> int:
    if change.kind != "changed":
        return len(_keys(change.old + change.new))
    return sum(len(_keys(was)) + len(_keys(now)) for was, now in change.words)


def _changes(before: Sequence[str], after: Sequence[str]) -> tuple[Change, ...]:
    old_keys, new_keys = [" ".join(_keys(p)) for p in before], [" ".join(_keys(p)) for p in after]
    found: list[Change] = []
    for kind, i, i_end, j, j_end in SequenceMatcher(None, old_keys, new_keys, autojunk=False).get_opcodes():
        if kind != "equal":
            found += _paired(before[i:i_end], after[j:j_end], j)
    return tuple(found)


def _paired(before: Sequence[str], after: Sequence[str], position: int) -> list[Change]:
    """Paragraphs of a differing stretch, each old one beside the first new one that it became."""
    found: list[Change] = []
    taken = 0
    for old in before:
        match = next((j for j in range(taken, len(after)) if _likeness(old, after[j]) >= RELATED), None)
        if match is None:
            found.append(Change(kind="removed", position=position + taken, old=old))
            continue
        found += [Change(kind="added", position=position + j, new=after[j]) for j in range(taken, match)]
        found.append(
            Change(
                kind="changed", position=position + match, old=old, new=after[match], words=_words(old, after[match])
            )
        )
        taken = match + 1
    return found + [Change(kind="added", position=position + j, new=after[j]) for j in range(taken, len(after))]


def _likeness(old: str, new: str) -> float:
    return SequenceMatcher(None, _keys(old), _keys(new), autojunk=False).ratio()


def _words(old: str, new: str) -> tuple[tuple[str, str], ...]:
    one, other = tokenize(old), tokenize(new)
    matcher = SequenceMatcher(None, [t.key for t in one], [t.key for t in other], autojunk=False)
    return tuple(
        (" ".join(t.surface for t in one[i:i_end]), " ".join(t.surface for t in other[j:j_end]))
        for kind, i, i_end, j, j_end in matcher.get_opcodes()
        if kind != "equal"
    )
