"""One article on its way through cleaning: its lines, its fields, and what went."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from workers.clean import credit as wire
from workers.clean.keys import line_key
from workers.clean.typography import mend
from workers.model import Credit, Extract, Outlet, ParagraphKind, Removed


@dataclass(slots=True)
class Line:
    """One paragraph on its way: `rule` is set when it went, `text` is what is left of it."""

    position: int
    kind: ParagraphKind
    text: str
    key: str
    rule: str = ""
    original: str = ""


@dataclass(slots=True)
class Draft:
    """All that cleaning one article changes."""

    lines: list[Line]
    outlet: Outlet
    byline: str
    caption: str
    subtitle: str = ""
    kicker: str = ""
    credit: Credit = field(default_factory=Credit)
    removed: list[Removed] = field(default_factory=list)

    def fields(self) -> set[str]:
        """The folded texts that have a field of their own."""
        return {line_key(text) for text in (self.byline, self.caption, self.subtitle, self.kicker) if text}

    def kept(self) -> list[Line]:
        return [line for line in self.lines if not line.rule]

    def remove(self, line: Line, rule: str) -> None:
        line.rule = rule
        self.removed.append(Removed(rule=rule, text=line.text, position=line.position))

    def cut(self, line: Line, start: int, end: int, rule: str) -> None:
        """Take the characters [start, end) out of a line; a line with nothing left goes."""
        self.removed.append(Removed(rule=rule, text=line.text[start:end].strip(), position=line.position))
        line.text = f"{line.text[:start].rstrip()} {line.text[end:].lstrip()}".strip()
        line.key = line_key(line.text)
        if not line.key:
            line.rule = rule


def lines_of(extract: Extract) -> list[Line]:
    """The extract's paragraphs, mended and keyed."""
    found = []
    for position, paragraph in enumerate(extract.paragraphs):
        text = mend(paragraph.text)
        found.append(Line(position, paragraph.kind, text, line_key(text), original=paragraph.text))
    return found


def printed(text: str, match: re.Match[str]) -> str:
    """The words of the pattern's group `value` as printed: found again in the unfolded line by their folded place."""
    if "value" not in match.re.groupindex or match.group("value") is None:
        return ""
    folded, places = wire.fold_with_places(text)
    wanted = " ".join(match.group("value").split())
    at = " ".join(folded.split()).find(wanted) if wanted else -1
    squeezed = [i for i, c in enumerate(folded) if not (c == " " and (i == 0 or folded[i - 1] == " "))]
    if at < 0 or at + len(wanted) > len(squeezed):
        return wanted
    start, end = squeezed[at], squeezed[at + len(wanted) - 1] + 1
    return text[places[start] : places[end]].strip(" :|-–،,")
