"""An article's names, found and linked: longest match, then context, then surnames, then the further tagger.

Two passes, because a title says the surname that only the lede spells out: the first collects every match and the
entities that are sure, the second decides the rest in their light.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

from workers.arabic.fold import fold
from workers.model import Article, Cleaned, Mention, Outlet, Tags
from workers.settings import TagSettings
from workers.tag.catalogue import Catalogue
from workers.tag.context import Ambiguity, Place, Surroundings
from workers.tag.guards import Guards
from workers.tag.lexicon import Lexicon, Match
from workers.tag.port import NameSpan, NameTagger
from workers.tag.reading import WordLists
from workers.tag.salience import about
from workers.tag.text import Text
from workers.tag.unknown import UnknownName, UnknownNames, cluster_key

TOGETHER = 16
"""Articles that are best tagged together (`Tagger.tag_each`)."""
FIELDS = ("title", "subtitle", "body", "byline", "caption")

SURE, BY_SURNAME, BY_VARIANT = 0.99, 0.9, 0.95
"""Confidence of an unambiguous name, of a surname after its full name, and the factor of a spelling variant."""

LONG_SURNAME = 8
"""Letters from which a surname in an unlisted spelling stands alone (ستولتنبيرغ)."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: what a catalogue is made of all stays, and walking it again and again while it grows
    is an eighth of the time. Afterwards it belongs to what is old, or it would be walked once more at once."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # else `workers.memory.settle` has put things away that must stay there
            gc.freeze()
            gc.unfreeze()
        if enabled:
            gc.enable()


Found = tuple[str, Text, Match]
"""A match, with the field that it stands in and its text."""
Read = tuple[Text, list[Match], Iterable[NameSpan]]
"""A field's text, what matches there, and what the further tagger found."""


class Tagger:
    """Finds and links names. Thread-safe: all it changes after loading is a memo of words."""

    def __init__(
        self, catalogue: Catalogue, ambiguity: Ambiguity, settings: TagSettings, names: NameTagger | None = None
    ) -> None:
        self.catalogue = catalogue
        self._ambiguity = ambiguity
        self._least = settings.statistical_confidence
        self._thresholds = {
            "person": settings.person_confidence,
            "organisation": settings.organisation_confidence,
            "place": settings.place_confidence,
            "event": settings.other_confidence,
            "other": settings.other_confidence,
        }
        self._names = names
        self._guards = Guards(catalogue)
        self._unknown = UnknownNames(self._guards.given, catalogue.words)
        people = (source for source in catalogue.sources() if source.entity.kind == "person" and not source.foreign)
        self._native = frozenset(fold(word) for source in people for name in source.names for word in name.split())
        lists = WordLists(
            refused=frozenset(map(fold, catalogue.words.get("refused", ()))),
            common=frozenset(catalogue.words.get("common", ())),
            particles=frozenset(catalogue.words.get("particles", ())),
            cues=ambiguity.cues(),
            ambiguous=ambiguity.names,
        )
        self.lexicon = Lexicon(catalogue.lines(), lists)
        self._heads = frozenset(map(fold, catalogue.words.get("heads", ())))
        self._kinds = {entity.id: entity.kind for entity in catalogue}
        self._countries = {entity.id: entity.country for entity in catalogue}

    @classmethod
    def load(
        cls,
        config_dir: Path,
        settings: TagSettings,
        names: NameTagger | None = None,
        *,
        overlay: Path | None = None,
    ) -> Tagger:
        """Read config/entities and the operator's file `overlay`; raises `UserError` with every fault.

        `names`: a further tagger; when None the settings say whether the shipped statistical one is used.
        """
        with _uncollected():
            catalogue = Catalogue.load(config_dir / "entities", overlay)
            if names is None:
                names = _further_tagger(config_dir, settings)
            ambiguity = Ambiguity(catalogue.words["ambiguous"], catalogue.resolve)
            return cls(catalogue, ambiguity, settings, names)

    def tag(self, cleaned: Cleaned, *, outlet: Outlet | None = None) -> Tags:
        """The mentions of all fields, offsets into the field as printed, and what they are about."""
        return self.tag_each([cleaned], [outlet])[0]

    def tag_each(self, articles: Sequence[Cleaned], outlets: Sequence[Outlet | None]) -> list[Tags]:
        """`tag` of each of `articles`, from these outlets; read together, sixteen take a third less time."""
        fields = [[(field, text) for field in FIELDS if (text := getattr(one, field))] for one in articles]
        texts = Text.of_each([text for of_one in fields for _, text in of_one])
        further: Iterable[Iterable[NameSpan]] = repeat(())
        if self._names is not None:
            further = self._names.spans_of_each([(text.text, text.spans) for text in texts])
        rows = zip(texts, self.lexicon.matches_of_each(texts), further, strict=False)
        tags: list[Tags] = []
        for cleaned, outlet, of_one in zip(articles, outlets, fields, strict=True):
            tags.append(self._tags(cleaned, outlet, {field: next(rows) for field, _ in of_one}))
        return tags

    def _tags(self, cleaned: Cleaned, outlet: Outlet | None, read: Mapping[str, Read]) -> Tags:
        texts = [text for text, *_ in read.values()]
        found = [(field, text, match) for field, (text, matches, _) in read.items() for match in matches]
        firm = self._firm(found)
        full = frozenset([name for _, _, m in found if m.last - m.first > 1 for name in m.meaning.names])
        if strangers := self._strangers(found) - full:
            firm = ["" if entity in strangers else entity for entity in firm]
        seen = frozenset(filter(None, firm))
        around = Surroundings(texts, seen, full, outlet.country if outlet else "")
        mentions: list[Mention] = []
        related: dict[str, None] = {}
        for one, sure in zip(found, firm, strict=True):
            match = one[-1]
            meaning = match.meaning
            entity: str | None = None
            if sure and meaning.one and not (match.variant or meaning.weak):
                entity, confidence = sure, SURE
            elif meaning.names or not seen.isdisjoint(meaning.weak):
                entity, confidence = self._decide(one, sure, around)
            if entity is None:
                if meaning.nisba:
                    related.update(dict.fromkeys(meaning.nisba))
            elif confidence >= self._thresholds[kind := self._kinds[entity]]:
                mentions.append(self._mention(entity, kind, confidence, one))
        if self._names is not None:
            mentions = self._further(read, mentions, found)
        return Tags(mentions=tuple(mentions), related=tuple(related), about=about(mentions, cleaned))

    def unknown(self, article: Article | Cleaned, mentions: Iterable[Mention]) -> list[UnknownName]:
        """Names without identity in `article`, whose mentions are `mentions`: candidates for the catalogue.

        Those that a further tagger found, where one runs; else those that look like a person's.
        """
        kept = list(mentions)
        found = [(m.kind, m.surface) for m in kept if m.entity is None]
        for field in FIELDS if self._names is None else ():
            if value := getattr(article, field):
                text = Text(value)
                taken = [(m.start, m.end) for m in kept if m.field == field]
                found += [(span.kind, value[span.start : span.end]) for span in self._unknown.spans(text, taken)]
        return [UnknownName(cluster=self.cluster(name), kind=kind, surface=name) for kind, name in found]

    def cluster(self, name: str) -> str:
        """What spellings of an unknown name have in common."""
        return cluster_key(name, self._native)

    def _strangers(self, found: Sequence[Found]) -> frozenset[str]:
        """People whose surname somebody else bears here: in an article on Carlo Capella, Capella is not Kabila.

        Newsrooms give a first name at the first mention below the headline.
        """
        bearers: set[str] = set()
        introduced: set[str] = set()
        for field, text, match in found:
            name = match.meaning.one
            if field != "body" or not name or self._kinds[name] != "person":
                continue
            if name not in introduced:
                introduced.add(name)
                if self._guards.has_another_first_name(match, text, name):
                    bearers.add(name)
        return frozenset(bearers)

    def _firm(self, found: Iterable[Found]) -> list[str | None]:
        """The entity that each unambiguous name stands for, "" where the name is none here; None: is to be decided."""
        refuses, is_cued = self._guards.refuses, self._guards.is_cued
        firm: list[str | None] = []
        for _, text, match in found:
            meaning = match.meaning
            entity: str | None = None
            if meaning.one:
                if not meaning.ambiguous:
                    entity = "" if refuses(match, text, self._kinds[meaning.one]) else meaning.one
            elif len(meaning.cued) == 1 and not meaning.names and is_cued(match, text):
                entity = meaning.cued[0]
            firm.append(entity)
        return firm

    def _decide(self, one: Found, firm: str | None, around: Surroundings) -> tuple[str | None, float]:
        """The entity and its confidence. `firm` as from `_firm`."""
        _, text, match = one
        names = match.meaning.names
        if firm == "" and match.meaning.one and match.meaning.one not in around.seen:
            return None, 0.0
        entity, confidence = (firm, SURE) if firm and names else self._weigh(Place(match, text, around))
        if entity is None:
            return None, 0.0
        if match.meaning.weak and (namesake := self._namesake(entity, match, around.full)) is not None:
            entity, confidence = namesake, BY_SURNAME
        if entity != firm and self._guards.refuses(match, text, self._kinds[entity]):
            return None, 0.0
        if not match.variant:
            return entity, confidence
        if self._kinds[entity] == "person" and entity not in around.full and _is_short(match):
            return None, 0.0
        return entity, confidence * BY_VARIANT

    def _namesake(self, entity: str, match: Match, full: Set[str]) -> str | None:
        """Who else bears this lone surname, where the article gives that one's full name and not `entity`'s.

        Not one of the same country: relatives are named beside the one whom newsrooms mean by the surname.
        """
        if match.last - match.first > 1 or entity in full:
            return None
        country = self._countries[entity]
        others = [other for other in match.meaning.weak & full if self._countries[other] != country]
        return others[0] if country and len(others) == 1 else None

    def _weigh(self, place: Place) -> tuple[str | None, float]:
        """By the words around, by what else the article names, by a full name elsewhere."""
        match, seen = place.match, place.around.seen
        entity, confidence = None, 0.0
        if match.meaning.ambiguous:
            entity, confidence = self._ambiguity.decide(place)
        elif len(known := [n for n in match.meaning.names if n in seen]) == 1 < len(match.meaning.names):
            entity, confidence = known[0], BY_SURNAME
        return self._by_surname(place) if entity is None else (entity, confidence)

    def _by_surname(self, place: Place) -> tuple[str | None, float]:
        """By a full name elsewhere; not for whom the readings of an ambiguous name have just ruled out."""
        match, text, around = place
        known = match.meaning.weak & around.seen - frozenset(self._ambiguity.entities(match.meaning.key))
        if len(known) != 1 or not self._guards.surname_stands_alone(match, text):
            return None, 0.0
        entity = next(iter(known))
        if self._kinds[entity] == "person" and self._guards.is_of_another(match, text, entity):
            return None, 0.0
        return entity, BY_SURNAME

    def _mention(self, entity: str, kind: str, confidence: float, one: Found) -> Mention:
        """The span leaves a head word out (صحيفة "newspaper") where the rest is a name of the entity by itself."""
        field, text, match = one
        first, last, start, end, meaning, _, _ = match
        if last - first > 1:
            head, _, rest = meaning.key.partition(" ")
            if head in self._heads and rest in self.lexicon.keys_of(entity):
                start = text.starts[first + 1]
        rounded = confidence if confidence == SURE else round(confidence, 3)
        return Mention(entity, kind, text.text[start:end], field, start, end, rounded)

    def _further(self, read: Mapping[str, Read], mentions: list[Mention], found: Sequence[Found]) -> list[Mention]:
        """The catalogue's mentions, and the further tagger's where they overlap none; in the order of the text.

        What the catalogue knows and did not take for a name here (المغرب in "the sunset prayer") stays refused.
        """
        added = list(mentions)
        refused = {
            (field, match.start, match.end)
            for field, _, match in found
            if match.meaning.names or match.meaning.ambiguous
        }
        for field, (text, _, spans) in read.items():
            taken = [(m.start, m.end) for m in mentions if m.field == field]
            for span in spans:
                free = all(span.end <= start or span.start >= end for start, end in taken)
                free = free and (field, span.start, span.end) not in refused
                if free and span.confidence >= max(self._thresholds[span.kind], self._least):
                    added.append(_nameless(span, text, field))
        return sorted(added, key=lambda m: (FIELDS.index(m.field), m.start))


def _is_short(match: Match) -> bool:
    """Whether a surname in an unlisted spelling is too short to stand without its full name in the article."""
    return match.last - match.first == 1 and len(match.meaning.key) < LONG_SURNAME


def _nameless(span: NameSpan, text: Text, field: str) -> Mention:
    return Mention(
        entity=None,
        kind=span.kind,
        surface=text.text[span.start : span.end],
        field=field,
        start=span.start,
        end=span.end,
        confidence=round(span.confidence, 3),
    )


def _further_tagger(config_dir: Path, settings: TagSettings) -> NameTagger | None:
    """The tagger that the settings want; numpy, models and libraries are read only then."""
    if settings.transformer:
        from workers.tag.transformer import TransformerTagger  # noqa: PLC0415 - see above

        return TransformerTagger.load(Path(settings.transformer))
    if settings.statistical:
        from workers.tag.statistical import StatisticalTagger  # noqa: PLC0415 - see above

        return StatisticalTagger.load(config_dir)
    return None
