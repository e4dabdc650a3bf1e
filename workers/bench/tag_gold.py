"""Scores of the tagger against mentions marked by hand: spans with ids (JSON) or CoNLL columns."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.errors import Fault, UserError
from workers.model import Cleaned, Mention, Paragraph
from workers.tag import Tagger

KIND_OF_TAG = {
    "PERS": "person",
    "PER": "person",
    "ORG": "organisation",
    "LOC": "place",
    "MISC": "other",
    "MIS": "other",
}


@dataclass(frozen=True, slots=True)
class GoldMention:
    """A mention marked by hand; an optional one is neither required nor penalised. `id` is a label of any kind."""

    start: int
    end: int
    kind: str
    id: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class GoldText:
    """A text with its mentions."""

    name: str
    text: str
    mentions: tuple[GoldMention, ...]


@dataclass(slots=True)
class Scores:
    """Counts, summed over texts."""

    right: int = 0
    found: int = 0
    wanted: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    gold: Counter[str] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        """Of what was found, what is right."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Of what was wanted, what was found."""
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        total = self.found + self.wanted
        return 2 * self.right / total if total else 0.0


def read_gold(path: Path) -> list[GoldText]:
    """Texts as in seeds/gold_mentions.json (`docs`: file or text, mentions) or CoNLL; raises `UserError`."""
    try:
        content = path.read_text("utf-8")
        if content.lstrip().startswith(("{", "[")):
            return _from_json(json.loads(content), path.parent)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(Fault(str(path), f"cannot be read: {error}")) from None
    return _from_conll(content, path)


def linked_scores(tagger: Tagger, gold: Iterable[GoldText]) -> Scores:
    """Strict spans with identity: gold ids and ours are paired one to one by how often they meet."""
    scores = Scores()
    meetings: Counter[tuple[str, str]] = Counter()
    for text in gold:
        spans = {(m.start, m.end): m for m in text.mentions}
        scores.wanted += sum(not m.optional for m in text.mentions)
        scores.gold.update(m.id for m in text.mentions if not m.optional)
        met = set()
        for mention in tag_text(tagger, text.text):
            marked = spans.get((mention.start, mention.end))
            if marked is None:
                scores.found += 1
                scores.wrong.append(_shown(text, mention.start, mention.end))
            elif not marked.optional:
                scores.found += 1
                meetings[marked.id, mention.entity or f"nil:{mention.surface}"] += 1
            met.add((mention.start, mention.end))
        scores.missed += [_shown(text, *s) for s, m in spans.items() if s not in met and not m.optional]
    scores.right = _paired(meetings)
    return scores


def span_scores(tagger: Tagger, gold: Iterable[GoldText]) -> dict[str, Scores]:
    """Strict spans with their kind, by kind and under `all`; what a catalogue does not know counts as missed."""
    found: dict[str, Scores] = {"all": Scores()}
    for text in gold:
        wanted = {(m.start, m.end, m.kind) for m in text.mentions}
        ours = {(m.start, m.end, m.kind) for m in tag_text(tagger, text.text)}
        for kind in {k for *_, k in wanted | ours}:
            for row in (found["all"], found.setdefault(kind, Scores())):
                row.wanted += sum(k == kind for *_, k in wanted)
                row.found += sum(k == kind for *_, k in ours)
                row.right += sum(k == kind for *_, k in wanted & ours)
    return found


def tag_text(tagger: Tagger, text: str) -> tuple[Mention, ...]:
    """The mentions of a text taken as one body; offsets into `text`."""
    return tagger.tag(Cleaned(title="", paragraphs=(Paragraph(text),))).mentions


def _paired(meetings: Counter[tuple[str, str]]) -> int:
    """Right links under the best greedy one-to-one pairing of labels."""
    right = 0
    used: set[tuple[str, str]] = set()
    for (label, entity), count in meetings.most_common():
        if ("gold", label) not in used and ("ours", entity) not in used:
            used |= {("gold", label), ("ours", entity)}
            right += count
    return right


def _shown(text: GoldText, start: int, end: int) -> str:
    around = text.text[max(0, start - 20) : start] + "[" + text.text[start:end] + "]" + text.text[end : end + 20]
    return f"{text.name}: {' '.join(around.split())}"


def _from_json(document: Any, folder: Path) -> list[GoldText]:
    docs = document["docs"] if isinstance(document, dict) else document
    return [_text(doc, folder) for doc in docs]


def _text(doc: dict[str, Any], folder: Path) -> GoldText:
    name = str(doc.get("file") or doc.get("doc_id") or "text")
    text = str(doc["text"]) if "text" in doc else (folder / name).read_text("utf-8")
    mentions = tuple(
        GoldMention(
            start=int(m["start"]),
            end=int(m["end"]),
            kind=KIND_OF_TAG.get(str(m.get("type", "")), str(m.get("kind", ""))),
            id=str(m.get("id") or m.get("entity") or ""),
            optional=bool(m.get("optional", False)),
        )
        for m in doc["mentions"]
    )
    return GoldText(name, text, mentions)


def _from_conll(content: str, path: Path) -> list[GoldText]:
    """One token and tag a line, a blank line after each sentence; a sentence becomes a text, words joined by spaces."""
    texts: list[GoldText] = []
    rows: list[tuple[str, str]] = []
    for number, line in enumerate([*content.splitlines(), ""], 1):
        parts = line.split()
        if not parts:
            if rows:
                texts.append(_sentence(rows, f"{path.name}:{number - len(rows)}"))
            rows = []
        elif len(parts) == 1:
            raise UserError(Fault(f"{path}:{number}", "has no tag", "one token and tag a line"))
        else:
            rows.append((parts[0], parts[-1]))
    return texts


def _sentence(rows: list[tuple[str, str]], name: str) -> GoldText:
    mentions: list[GoldMention] = []
    at = 0
    for token, tag in rows:
        kind = KIND_OF_TAG.get(tag[2:], tag[2:])
        if tag.startswith("I-") and mentions and mentions[-1].end == at - 1 and mentions[-1].kind == kind:
            mentions[-1] = GoldMention(mentions[-1].start, at + len(token), kind)
        elif tag != "O":
            mentions.append(GoldMention(at, at + len(token), kind))
        at += len(token) + 1
    return GoldText(name, " ".join(token for token, _ in rows), tuple(mentions))
