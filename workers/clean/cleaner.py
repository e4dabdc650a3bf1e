"""Cleaning of one extract. See the package for the order and its reasons."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from workers.arabic.fold import fold
from workers.clean import credit as wire
from workers.clean import rules as phrase_rules
from workers.clean.credit import Agencies, Found
from workers.clean.draft import Draft, Line, lines_of, printed
from workers.clean.keys import line_key
from workers.clean.learn import PREFIX, is_near, learn_key
from workers.clean.rules import Rule, RuleSet
from workers.clean.title import without_suffix
from workers.clean.typography import mend
from workers.model import Cleaned, Credit, Extract, Outlet, Paragraph, Removed
from workers.settings import CleanSettings

_NAME = re.compile(r"[\u0621-\u064a]{2,}(?: [\u0621-\u064a]{2,}){1,3}$")
_PARTICLE_WORDS = "في من على إلى عن مع بعد قبل هل ما لا لم لن كيف لماذا بين حتى ثم أو كل ضد هذا هذه"
_PARTICLES = frozenset(fold(_PARTICLE_WORDS).split())
"""Words no name holds: in, from, on, to, about, with, after, before, whether, what, not, how, why, between …"""
_UNIT_WORDS = "أسابيع أيام أشهر ساعات سنوات أعوام دقائق"  # weeks, days, months, hours, years, years, minutes
_UNITS = frozenset(fold(_UNIT_WORDS).split())
_SENTENCE_END = re.compile(r"[.!؟…][\"”»')\]]*$")
_HEADLINES = 10
_HEADLINE = 140
"""How many headlines, of how many characters, may follow the header of a related list. A list is no half of a text."""
_PROSE = 100
"""Characters of the first line that is taken for running text."""


class Cleaner:
    """The compiled rules. Made once a process by `load`; `clean` keeps nothing between calls."""

    def __init__(self, rules: Iterable[Rule], agencies: Agencies, settings: CleanSettings) -> None:
        self.rules = tuple(rules)
        self._sets = {s: RuleSet([r for r in self.rules if r.scope == s]) for s in phrase_rules.SCOPES}
        self.agencies = agencies
        self._settings = settings

    @classmethod
    def load(cls, config_dir: Path, settings: CleanSettings) -> Cleaner:
        """Read boilerplate.yaml and agencies.yaml; raises `UserError` with every fault."""
        return cls(
            phrase_rules.read(config_dir / "boilerplate.yaml"), wire.load(config_dir / "agencies.yaml"), settings
        )

    def clean(self, extract: Extract, *, outlet: Outlet, learned: Collection[str] = ()) -> Cleaned:
        """The article's own words. `learned`: the outlet's recurring lines (`learn.believed`)."""
        draft = self.draft(extract, outlet=outlet, learned=learned)
        title, suffix = without_suffix(mend(extract.title), outlet)
        if suffix:
            draft.removed.append(Removed(rule="title/suffix", text=suffix, position=-1))
        return Cleaned(
            title=title,
            subtitle=draft.subtitle,
            kicker=draft.kicker,
            paragraphs=tuple(Paragraph(line.text, line.kind) for line in draft.kept()),
            byline=draft.byline,
            caption=draft.caption,
            credit=draft.credit,
            removed=tuple(sorted(draft.removed, key=lambda r: r.position)),
        )

    def draft(self, extract: Extract, *, outlet: Outlet, learned: Collection[str] = ()) -> Draft:
        """The cleaned lines with their rules: what `clean` returns, and what `--explain` shows."""
        draft = Draft(
            lines_of(extract), outlet, mend(extract.byline), self._caption(extract, outlet),
            subtitle=mend(extract.subtitle), kicker=mend(extract.kicker),
        )  # fmt: skip
        self._by_line(draft)
        self._head(draft)
        self._remnants(draft)
        self._tail(draft)
        _biography(draft)
        self._learned(draft, learned)
        self._tail(draft)
        self._credit_behind(draft)
        return draft

    def _caption(self, extract: Extract, outlet: Outlet) -> str:
        """The page's caption without its label; nothing when it only names the photographer or the archive."""
        caption = mend(extract.caption)
        found = self._sets["line"].match(line_key(caption), outlet.id)
        if found is None:
            return caption
        return printed(caption, found[1]) if found[0].field == "caption" else ""

    def _by_line(self, draft: Draft) -> None:
        rules = self._sets["line"]
        for line in draft.lines:
            if not line.key:
                draft.remove(line, "theme/ornament")
            elif found := rules.match(line.key, draft.outlet.id):
                self._apply(draft, line, *found)
        for line in draft.lines:
            if not line.rule and (found := self._sets["list"].match(line.key, draft.outlet.id)):
                self._list(draft, line, *found)

    def _apply(self, draft: Draft, line: Line, rule: Rule, match: re.Match[str]) -> None:
        value = printed(line.text, match) if rule.field else ""
        if rule.field == "byline" and value and not draft.byline:
            draft.byline = value
        elif rule.field == "caption" and value and not draft.caption:
            draft.caption = value
        elif rule.field == "source" and value and not draft.credit.text:
            draft.credit = Credit(agency=self.agencies.identify(value), text=value)
        draft.remove(line, rule.name)

    def _head(self, draft: Draft) -> None:
        """Short lines before the first running text; then the dateline of that text."""
        under_name = False
        for number, line in enumerate(draft.kept()[: self._settings.head_lines]):
            if found := self._sets["head"].match(line.key, draft.outlet.id):
                self._apply(draft, line, *found)
            elif line.key and line.key in draft.fields():
                draft.remove(line, "head/repeats-field")
            elif number == 0 and not draft.byline and line.kind == "paragraph" and _is_name(line, draft):
                draft.byline = line.text
                draft.remove(line, "head/byline")
                under_name = True
            elif under_name and number == 1 and not draft.caption and _is_caption(line, draft):
                draft.caption = line.text
                draft.remove(line, "head/caption")
            elif self.agencies.unnamed(line.text):
                draft.remove(line, "credit/agencies")
            elif credit := self.agencies.credit_line(line.text):
                self._take_credit(draft, line, credit, "credit/line")
            elif dateline := self.agencies.dateline(line.text):
                self._take_credit(draft, line, dateline, "credit/dateline")
                if not line.rule:
                    break
            elif len(line.text) > _PROSE:
                break

    def _take_credit(self, draft: Draft, line: Line, found: Found, rule: str) -> None:
        known = draft.credit
        draft.credit = Credit(
            agency=known.agency or found.credit.agency,
            place=known.place or found.credit.place,
            text=known.text or found.credit.text,
        )
        draft.cut(line, found.start, found.end, rule)

    def _remnants(self, draft: Draft) -> None:
        """Labels that stand inside a paragraph, at its end or beginning."""
        for line in draft.kept():
            for scope in ("suffix", "prefix"):
                for rule in self._sets[scope].rules:
                    if rule.outlet in ("", draft.outlet.id):
                        _cut_remnant(draft, line, rule)

    def _tail(self, draft: Draft) -> None:
        """From the end upwards; what stands before a removed line comes into reach of the tail rules."""
        kept = draft.kept()
        reach = self._settings.tail_lines
        for number in range(len(kept) - 1, 0, -1):
            if reach <= 0:
                break
            line = kept[number]
            if found := self._sets["tail"].match(line.key, draft.outlet.id):
                self._apply(draft, line, *found)
            elif credit := self.agencies.credit_line(line.text):
                self._take_credit(draft, line, credit, "credit/line")
            elif self.agencies.unnamed(line.text):
                draft.remove(line, "credit/agencies")
            else:
                reach -= 1

    def _list(self, draft: Draft, header: Line, rule: Rule, match: re.Match[str]) -> None:
        """A header of related articles, and the headlines under it when nothing else follows."""
        self._apply(draft, header, rule, match)
        kept = draft.kept()
        rest = [line for line in kept if line.position > header.position]
        few = len(rest) <= _HEADLINES and len(rest) * 2 < len(kept)
        if few and all(len(line.text) <= _HEADLINE and not _SENTENCE_END.search(line.text) for line in rest):
            for line in rest:
                draft.remove(line, f"{rule.name}+headline")

    def _learned(self, draft: Draft, learned: Collection[str]) -> None:
        if not learned:
            return
        kept = draft.kept()
        for number, line in enumerate(kept):
            if is_near(number, len(kept), self._settings) and (key := learn_key(line.text)) in learned:
                draft.remove(line, PREFIX + (learned[key] if isinstance(learned, Mapping) else "recurring"))

    def _credit_behind(self, draft: Draft) -> None:
        kept = draft.kept()
        if kept and (found := self.agencies.after_sentence(kept[-1].text)):
            self._take_credit(draft, kept[-1], found, "credit/after-text")


_BIOGRAPHY = (3, 700)
"""Lines and characters that tell of the writer under the name, below the text."""


def _biography(draft: Draft) -> None:
    """The writer's name as a line of its own below the text, and what is told of the writer after it."""
    kept = draft.kept()
    name = line_key(draft.byline)
    for number in range(max(2, len(kept) - 1 - _BIOGRAPHY[0]), len(kept)):
        after = kept[number + 1 :]
        if name and kept[number].key == name and sum(len(line.text) for line in after) <= _BIOGRAPHY[1]:
            for line in kept[number:]:
                draft.remove(line, "tail/writer")
            return


def _is_name(line: Line, draft: Draft) -> bool:
    """Two to four plain words before a long paragraph. A sub-heading does not open an article."""
    following = [other.text for other in draft.kept() if other.position > line.position]
    words = line.key.split()
    if len(line.text) > 40 or not _NAME.match(line.text) or words[0].startswith("ال") or _PARTICLES & set(words):
        return False
    return words[-1] not in _UNITS and any(len(text) > _PROSE for text in following[:2])


def _is_caption(line: Line, draft: Draft) -> bool:
    """A short line under the byline that ends no sentence, with running text after it: what the picture shows."""
    following = next((other.text for other in draft.kept() if other.position > line.position), "")
    return len(line.text) <= 120 and not _SENTENCE_END.search(line.text) and len(following) > _PROSE


def _cut_remnant(draft: Draft, line: Line, rule: Rule) -> None:
    text = line.text
    at = max(0, len(text) - rule.most) if rule.scope == "suffix" else 0
    part = text[at:] if rule.scope == "suffix" else text[: rule.most]
    quick = fold(part)
    if not (rule.pattern.search(quick) if rule.scope == "suffix" else rule.pattern.match(quick)):
        return
    folded, places = wire.fold_with_places(part)
    match = rule.pattern.search(folded) if rule.scope == "suffix" else rule.pattern.match(folded)
    if match and match.end() > match.start():
        draft.cut(line, at + places[match.start()], at + places[match.end()], rule.name)
