"""Where a name that matches is not that name: inside a longer name that the catalogue does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workers.arabic.fold import fold
from workers.tag.catalogue import Catalogue
from workers.tag.lexicon import Match
from workers.tag.looks import ACCUSATIVE, DEFINITE, GIVEN, GOES_ON, HOLDS, SURELY_GIVEN, Looks
from workers.tag.text import Text
from workers.tag.trie import Meaning
from workers.tag.unknown import UnknownNames
from workers.tag.variants import skeleton
from workers.tag.words import readings

_HOUSES = frozenset(("ال", "بن"))
"""House of (آل), son of, folded: surnames of two words that many bear."""
_VERB = re.compile("[يت].{3,}(?:ه|ها|هم)|[يت]س?ت.{3,}")  # ينقصه "he lacks", يتمرن "he trains", يستعد "he prepares"


class Guards:
    """Asks what stands beside a name (`Looks`). Its word lists are the catalogue's."""

    def __init__(self, catalogue: Catalogue) -> None:
        lists = catalogue.words
        people = [source for source in catalogue.sources() if source.entity.kind == "person"]
        self._looks = Looks(catalogue)
        self._bits = self._looks.bits
        self.given = self._looks.given
        """Folded first names."""
        self._first = self._looks.first - set(map(fold, lists.get("titles", ())))
        self._names_of = {source.entity.id: source.names for source in people}
        self._first_names: dict[str, frozenset[str]] = {}
        self._natives = frozenset(source.entity.id for source in catalogue.sources() if not source.foreign)
        self._also_given = frozenset(map(fold, lists.get("also_given", ())))
        self._unusual = UnknownNames(self.given, lists).is_unusual
        self._adjectives = frozenset(map(fold, lists.get("adjective_heads", ())))
        self._common_surnames = frozenset(map(fold, lists.get("common_surnames", ())))

    def refuses(self, match: Match, text: Text, kind: str) -> bool:
        """Whether the match is only a part of some longer name: أحمد محمد صلاح, محمد صلاح الدين, هانتر بايدن."""
        first, last, _, _, meaning, _, cut = match
        person, lone = kind == "person", last - first == 1
        before = self._bits[text.word(first - 1)] if text.spaced[first] else 0  # `Looks.before`, without its call
        if before:
            if lone and before & HOLDS and not cut:  # فابيو دي ليما is not in Lima
                return True
            if ((lone and meaning.nisba) or before & DEFINITE) and self._is_adjective(match, text, before):
                return True
            if before & GIVEN and not cut and (person or lone) and self._follows_given_name(match, text, before, kind):
                return True
        also_given = lone and meaning.key in self._also_given
        if not (person or also_given) or not text.spaced[last]:
            return False
        after = self._bits[text.word(last)]
        if also_given and self._is_first_name(text, last, after):
            return True
        return person and after & GOES_ON != 0

    def is_of_another(self, match: Match, text: Text, entity: str) -> bool:
        """Whether a lone surname stands beside a word that looks like a name's: توم روني, كيري دولان, لوريس كاريوس."""
        after = match.last
        goes_on = after - match.first == 1 and self._looks.after(text, after) and self._unusual(text.word(after))
        goes_on = goes_on and not _VERB.fullmatch(text.word(after))
        return bool(goes_on) or self.has_another_first_name(match, text, entity)

    def has_another_first_name(self, match: Match, text: Text, entity: str) -> bool:
        """Whether a word that looks like a first name stands before a surname: كارلو ألبيرتو كابيلا, خليفة بن حمد."""
        before = self._looks.before(text, match.first)
        of_a_house = match.meaning.key.partition(" ")[0] in _HOUSES
        if (match.last - match.first > 1 and not of_a_house) or match.cut or not before:
            return False
        number = match.first - 1
        if match.meaning.key.startswith("بن ") and not before & DEFINITE:  # "son of": جوعان بن حمد is no Tamim
            return not self._looks.speaks(text, number) and not self._is_own(text, number, entity)
        if of_a_house and (text.key(number) in self._first or (number and text.word(number - 1) == "عبد")):
            return not self._is_own(text, number, entity)
        if not before & GIVEN and not self._unusual(text.word(number)):
            return False
        return not self._is_own(text, number, entity)

    def surname_stands_alone(self, match: Match, text: Text) -> bool:
        """A surname that is also a word (صالح), or an Arab's first name (حسين), needs a title or a verb of saying
        beside it; another first name (عباس, جيمس) must not begin somebody's name here."""
        key, weak = match.meaning.key, match.meaning.weak
        if key in self._common_surnames or (key in self._looks.surely_given and self._natives & weak):
            return self._looks.speaks(text, match.first - 1) or self._looks.speaks(text, match.last)
        return key not in self.given or not self._looks.after(text, match.last) & GIVEN

    def is_cued(self, match: Match, text: Text) -> bool:
        """Whether a word such as "city" or "village" stands before the name."""
        before = not match.cut and self._looks.before(text, match.first)
        return bool(before) and self._looks.says_what_a_place_is(text, match.first - 1)

    def _is_own(self, text: Text, number: int, entity: str) -> bool:
        """Whether the word is a first name of `entity`, in whatever spelling."""
        own = self._first_names.get(entity)
        if own is None:
            names = self._names_of.get(entity, ())
            own = frozenset(skeleton(fold(word)) for name in names for word in name.split()[:-1])
            self._first_names[entity] = own
        return not own.isdisjoint(skeleton(key) for _, key in readings(text.key(number)))

    def _is_adjective(self, match: Match, text: Text, before: int) -> bool:
        """Whether a state's name is its adjective here: الحكومة السعودية, لاعبا إسبانيا.

        So is a ministry's short name: الأوراق المالية الأمريكية are American securities.
        """
        first, last, start, _, meaning, _, cut = match
        if meaning.key.partition(" ")[0] in self._adjectives:
            return before & DEFINITE != 0 and not cut
        if not meaning.nisba or last - first > 1:
            return False
        if text.text.startswith("ال", start):
            # of القوات الإماراتية والسعودية too, and of a town's name: جازان السعودية
            joined = before & DEFINITE != 0 and _is_adjective_of_a_state(text, first - 1)
            return joined if cut else before & DEFINITE != 0 or _is_known(text, first - 1)
        # two of them are no adjectives: سفيرا بريطانيا وأستراليا
        return before & ACCUSATIVE != 0 and not cut and not _goes_with_a_place(match, text)

    def _is_first_name(self, text: Text, number: int, after: int) -> bool:
        """Whether a surname follows a lone name that is a first name too: أليسون كوكس is not the goalkeeper."""
        word = text.word(number)
        return word[0] != "و" and (after & GIVEN != 0 or self._unusual(word))

    def _follows_given_name(self, match: Match, text: Text, before: int, kind: str) -> bool:
        number = match.first - 1
        if kind != "person" and not before & SURELY_GIVEN:
            return False
        if any(self._is_own(text, number, entity) for entity in match.meaning.names):
            return False
        # Ali (علي) is folded as "on" (على) is, and some newsrooms write both alike: it is Ali before a person's name.
        return text.key(number) != "علي" or (kind == "person" and text.word(number)[-1] == "ي")


def _meanings(text: Text, number: int) -> Iterator[Meaning]:
    """What word `number` may mean by itself."""
    return (name.meaning for name in text.known(number).alone)


def _is_adjective_of_a_state(text: Text, number: int) -> bool:
    return any(meaning.nisba for meaning in _meanings(text, number))


def _is_known(text: Text, number: int) -> bool:
    """Whether word `number` is a place's or anybody's name."""
    return any(meaning.names for meaning in _meanings(text, number))


def _goes_with_a_place(match: Match, text: Text) -> bool:
    """Whether "and" and another place's name follow."""
    after = match.last
    return after < len(text) and text.word(after)[0] == "و" and _is_known(text, after)
