"""Where a name that matches is not that name: inside a longer name that the catalogue does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workers.arabic.fold import fold
from workers.arabic.frequency import rarity, stem
from workers.tag.catalogue import Catalogue
from workers.tag.lexicon import Match
from workers.tag.text import Text
from workers.tag.trie import Meaning
from workers.tag.unknown import UnknownNames
from workers.tag.variants import skeleton
from workers.tag.words import BARE, bare, bare_key, readings

HOLDS = frozenset(("بن", "بنت", "أبو", "ابو", "آل", "عبد", "دي", "دا", "فان", "فون", "دو"))
"""Son, daughter, father, house, slave of; de, da, van, von, du: as printed, for فإن is "then" and no van."""
USUAL = 2.5
"""Rarity (`workers.arabic.frequency`) of a stem that one article in twelve has: no first name is so common."""
_HOUSES = frozenset(("ال", "بن"))
"""House of (آل), son of, folded: surnames of two words that many bear."""
_DEFINITE = re.compile("(?:[وف]?[بك]?ال|[وف]?لل)..")
_VERB = re.compile("[يت].{3,}(?:ه|ها|هم)|[يت]س?ت.{3,}")  # ينقصه "he lacks", يتمرن "he trains", يستعد "he prepares"
_ACCUSATIVE = re.compile("(?!ال)(?!.*ايا$).{2,}[^هنوملذ]ا\u064b?|.{3,}\u064bا?")
"""Not the ها "her", نا "our", وا "they", ما "what", لا and ذا of other words, nor plurals such as رعايا "subjects"."""
SHORTEST_GIVEN = 3
"""Letters: shorter first words of names (في of في إس نايبول, ان of آن) are particles nearly everywhere else."""


class Guards:
    """Given names come from the catalogue's own persons and from words.yaml."""

    def __init__(self, catalogue: Catalogue) -> None:
        lists = catalogue.words
        titles = frozenset(map(fold, lists.get("titles", ())))
        people = [source for source in catalogue.sources() if source.entity.kind == "person"]
        first = {fold(name.split()[0]) for source in people for name in source.names if " " in name}
        sure = frozenset(map(fold, lists.get("given_names", ())))
        plain = titles | set(map(fold, lists.get("not_given_names", ())))
        alone = {fold(name) for source in people for name in source.names if " " not in name}
        plain |= {name for name in first if rarity(stem(name)) < USUAL}  # إلي (Elly) is folded as إلى "to" is
        self.given = frozenset({name for name in first if len(name) >= SHORTEST_GIVEN} - plain - alone | sure)
        """Folded."""
        self._first = first - titles
        self._names_of = {source.entity.id: source.names for source in people}
        self._first_names: dict[str, frozenset[str]] = {}
        self._natives = frozenset(source.entity.id for source in catalogue.sources() if not source.foreign)
        self._also_given = frozenset(map(fold, lists.get("also_given", ())))
        self._no_first_names = frozenset(lists.get("no_first_names", ()))
        self._sure_given = sure
        self._unusual = UnknownNames(self.given, lists).is_unusual
        self._continue = frozenset(map(fold, lists.get("name_goes_on", ())))
        self._adjectives = frozenset(map(fold, lists.get("adjective_heads", ())))
        self._days = frozenset(lists.get("days", ()))
        self._adverbs = frozenset(map(fold, lists.get("adverbs", ())))
        self._common_surnames = frozenset(map(fold, lists.get("common_surnames", ())))
        self._place_cues = frozenset(map(bare, lists.get("place_cues", ())))
        self._speaks = frozenset(map(bare, lists.get("person_cues", ())))

    def refuses(self, match: Match, text: Text, kind: str) -> bool:
        """Whether the match is only a part of some longer name: أحمد محمد صلاح, محمد صلاح الدين, هانتر بايدن."""
        if match.last - match.first == 1 and (self._is_held(match, text) or self._is_first_name(match, text)):
            return True
        if self._is_adjective(match, text):
            return True
        partial = kind == "person" or match.last - match.first == 1
        if partial and match.cut == 0 and self._follows_given_name(match, text, kind):
            return True
        return kind == "person" and self._goes_on(match, text)

    def is_of_another(self, match: Match, text: Text, entity: str) -> bool:
        """Whether a lone surname stands beside a word that looks like a name's: توم روني, كيري دولان, لوريس كاريوس."""
        after = match.last
        alone = match.last - match.first == 1
        goes_on = alone and after < len(text.printed) and _adjacent(text, after - 1) and self._unusual(text, after)
        goes_on = goes_on and not _VERB.fullmatch(text.printed[after])
        return goes_on or self.has_another_first_name(match, text, entity)

    def has_another_first_name(self, match: Match, text: Text, entity: str) -> bool:
        """Whether a word that looks like a first name stands before a surname: كارلو ألبيرتو كابيلا, خليفة بن حمد."""
        before = match.first - 1
        of_a_house = match.key.partition(" ")[0] in _HOUSES
        if (match.last - match.first > 1 and not of_a_house) or match.cut or before < 0 or not _adjacent(text, before):
            return False
        if match.key.startswith("بن ") and not is_definite(text.printed[before]):  # "son of": جوعان بن حمد is no Tamim
            return BARE[text.printed[before]] not in self._speaks and not self._is_own(text, before, entity)
        if of_a_house and (text.key(before) in self._first or (before and text.printed[before - 1] == "عبد")):
            return not self._is_own(text, before, entity)
        if not self._is_given(text, before) and not self._unusual(text, before):
            return False
        return not self._is_own(text, before, entity)

    def surname_stands_alone(self, match: Match, text: Text) -> bool:
        """A surname that is also a word (صالح), or an Arab's first name (حسين), needs a title or a verb of saying
        beside it; another first name (عباس, جيمس) must not begin somebody's name here."""
        if match.key in self._common_surnames or (match.key in self._sure_given and self._natives & match.meaning.weak):
            around = [n for n in (match.first - 1, match.last) if 0 <= n < len(text.printed)]
            return any(BARE[text.printed[n]] in self._speaks for n in around)
        after = match.last
        goes_on = after < len(text.printed) and _adjacent(text, after - 1) and self._is_given(text, after)
        return match.key not in self.given or not goes_on

    def is_cued(self, match: Match, text: Text) -> bool:
        """Whether a word such as "city" or "village" stands before the name."""
        before = match.first - 1
        if before < 0 or match.cut or not _adjacent(text, before):
            return False
        return any(bare_key(key) in self._place_cues for _, key in readings(text.key(before)))

    def _is_given(self, text: Text, number: int) -> bool:
        return text.key(number) in self.given and text.printed[number] not in self._no_first_names

    def _is_own(self, text: Text, number: int, entity: str) -> bool:
        """Whether the word is a first name of `entity`, in whatever spelling."""
        own = self._first_names.get(entity)
        if own is None:
            names = self._names_of.get(entity, ())
            own = frozenset(skeleton(fold(word)) for name in names for word in name.split()[:-1])
            self._first_names[entity] = own
        return not own.isdisjoint(skeleton(key) for _, key in readings(text.key(number)))

    def _is_held(self, match: Match, text: Text) -> bool:
        """Whether "de", "son of", "father of" or the like stand before a lone word: فابيو دي ليما is not in Lima."""
        before = match.first - 1
        return before >= 0 and not match.cut and _adjacent(text, before) and text.printed[before] in HOLDS

    def _is_adjective(self, match: Match, text: Text) -> bool:
        """Whether a state's name is its adjective here: الحكومة السعودية, لاعبا إسبانيا.

        So is a ministry's short name: الأوراق المالية الأمريكية are American securities.
        """
        before = match.first - 1
        if before < 0 or not _adjacent(text, before):
            return False
        word = text.printed[before]
        definite = is_definite(word) and word not in self._days
        if match.key.partition(" ")[0] in self._adjectives:
            return definite and not match.cut
        if not match.meaning.nisba or match.last - match.first > 1:
            return False
        if text.printed[match.first][match.cut :][:2] == "ال":
            # of القوات الإماراتية والسعودية too, and of a town's name: جازان السعودية
            joined = definite and _is_adjective_of_a_state(text, before)
            return joined if match.cut else definite or _is_known(text, before)
        if match.cut or not is_accusative(word) or not self._is_no_adverb(text.key(before)):
            return False
        return not _goes_with_a_place(match, text)  # two of them: سفيرا بريطانيا وأستراليا

    def _is_no_adverb(self, key: str) -> bool:
        return self._adverbs.isdisjoint(rest for _, rest in readings(key))

    def _is_first_name(self, match: Match, text: Text) -> bool:
        """Whether a surname follows a lone name that is a first name too: أليسون كوكس is not the goalkeeper."""
        after = match.last
        if match.key not in self._also_given or after >= len(text.printed) or not _adjacent(text, after - 1):
            return False
        and_more = text.printed[after][0] == "و"
        return not and_more and (self._is_given(text, after) or self._unusual(text, after))

    def _follows_given_name(self, match: Match, text: Text, kind: str) -> bool:
        before = match.first - 1
        # Ali (علي) is folded as "on" (على) is, and some newsrooms write both alike: it is Ali before a person's name.
        if before < 0 or not self._is_given(text, before) or not _adjacent(text, before):
            return False
        if kind != "person" and text.key(before) not in self._sure_given:
            return False
        if any(self._is_own(text, before, entity) for entity in match.meaning.names):
            return False
        return text.key(before) != "علي" or (kind == "person" and text.printed[before][-1] == "ي")

    def _goes_on(self, match: Match, text: Text) -> bool:
        return (
            match.last < len(text.printed)
            and _adjacent(text, match.last - 1)
            and text.key(match.last) in self._continue
        )


def _meanings(text: Text, number: int) -> Iterator[Meaning]:
    """What word `number` may mean by itself."""
    word = text.known[number]
    return (name.meaning for name in (word.alone if word else ()))


def _is_adjective_of_a_state(text: Text, number: int) -> bool:
    return any(meaning.nisba for meaning in _meanings(text, number))


def _is_known(text: Text, number: int) -> bool:
    """Whether word `number` is a place's or anybody's name."""
    return any(meaning.names for meaning in _meanings(text, number))


def _goes_with_a_place(match: Match, text: Text) -> bool:
    """Whether "and" and another place's name follow."""
    after = match.last
    return after < len(text.printed) and text.printed[after][0] == "و" and _is_known(text, after)


def is_definite(word: str) -> bool:
    """Whether a printed word bears the article, with proclitics before it or not."""
    return _DEFINITE.match(word) is not None


def is_accusative(word: str) -> bool:
    """Whether a printed word looks like an indefinite accusative, which an adjective follows: لاعبا "a player"."""
    return _ACCUSATIVE.fullmatch(word) is not None


def _adjacent(text: Text, number: int) -> bool:
    """Whether only a space stands between word `number` and the next, or in a hashtag "_"."""
    return text.gap(number) in (" ", "_")
