"""What a printed word beside a name may be, as bits: what the guards ask most is answered once a word."""

from __future__ import annotations

import re

from workers.arabic.fold import fold
from workers.arabic.frequency import rarity, stem
from workers.arabic.memo import Memo
from workers.tag.catalogue import Catalogue
from workers.tag.text import FOLDED, Text
from workers.tag.words import bare, bare_key, readings

WORD, HOLDS, GIVEN, SURELY_GIVEN, DEFINITE, GOES_ON, ACCUSATIVE = (1 << bit for bit in range(7))
"""Any word; holds the next one in a name; a first name, and one beyond doubt; bears the article; carries on a person's
name; an indefinite accusative that is no adverb, which an adjective may follow: لاعبا "a player"."""

_HOLDS = frozenset(("بن", "بنت", "أبو", "ابو", "آل", "عبد", "دي", "دا", "فان", "فون", "دو"))
"""Son, daughter, father, house, slave of; de, da, van, von, du: as printed, for فإن is "then" and no van."""
_DEFINITE = re.compile("(?:[وف]?[بك]?ال|[وف]?لل)..")
_ACCUSATIVE = re.compile("(?!ال)(?!.*ايا$).{2,}[^هنوملذ]ا\u064b?|.{3,}\u064bا?")
"""Not the ها "her", نا "our", وا "they", ما "what", لا and ذا of other words, nor plurals such as رعايا "subjects"."""
USUAL = 2.5
"""Rarity (`workers.arabic.frequency`) of a stem that one article in twelve has: no first name is so common."""
SHORTEST_GIVEN = 3
"""Letters: shorter first words of names (في of في إس نايبول, ان of آن) are particles nearly everywhere else."""
KEEP_WORDS = 50_000


class Looks:
    """The bits of printed words. First names come from the catalogue's own persons and from words.yaml."""

    def __init__(self, catalogue: Catalogue) -> None:
        lists = catalogue.words
        people = [source for source in catalogue.sources() if source.entity.kind == "person"]
        self.first = frozenset(fold(name.split()[0]) for source in people for name in source.names if " " in name)
        """First words of people's full names, folded as all are here."""
        self.surely_given = frozenset(map(fold, lists.get("given_names", ())))
        alone = {fold(name) for source in people for name in source.names if " " not in name}
        plain = set(map(fold, (*lists.get("titles", ()), *lists.get("not_given_names", ()))))
        plain |= {name for name in self.first if rarity(stem(name)) < USUAL}  # إلي (Elly) is folded as إلى "to" is
        long = {name for name in self.first if len(name) >= SHORTEST_GIVEN}
        self.given = frozenset(long - plain - alone | self.surely_given)
        """First names."""
        self._no_first_names = frozenset(lists.get("no_first_names", ()))
        self._goes_on = frozenset(map(fold, lists.get("name_goes_on", ())))
        self._days = frozenset(lists.get("days", ()))
        self._adverbs = frozenset(map(fold, lists.get("adverbs", ())))
        self._speaks = frozenset(map(bare, lists.get("person_cues", ())))
        self._places = frozenset(map(bare, lists.get("place_cues", ())))
        self.bits = Memo(self._look, KEEP_WORDS)
        """Of a printed word."""

    def before(self, text: Text, number: int) -> int:
        """Of the word before word `number`, if they are `spaced`; else 0."""
        return self.bits[text.word(number - 1)] if text.spaced[number] else 0

    def after(self, text: Text, number: int) -> int:
        """Of word `number`, which follows a name, if they are `spaced`; else 0."""
        return self.bits[text.word(number)] if text.spaced[number] else 0

    def speaks(self, text: Text, number: int) -> bool:
        """Whether word `number` says what somebody is or does ("minister", "said")."""
        return 0 <= number < len(text) and bare_key(text.key(number)) in self._speaks

    def says_what_a_place_is(self, text: Text, number: int) -> bool:
        """Whether word `number` does ("city", "village")."""
        return any(bare_key(rest) in self._places for _, rest in readings(text.key(number)))

    def _look(self, word: str) -> int:
        key = FOLDED[word]
        given = key in self.given and word not in self._no_first_names
        return (
            WORD
            | HOLDS * (word in _HOLDS)
            | GIVEN * given
            | SURELY_GIVEN * (given and key in self.surely_given)
            | DEFINITE * (is_definite(word) and word not in self._days)
            | GOES_ON * (key in self._goes_on)
            | ACCUSATIVE * (_ACCUSATIVE.fullmatch(word) is not None and not self._is_adverb(key))
        )

    def _is_adverb(self, key: str) -> bool:
        return not self._adverbs.isdisjoint(rest for _, rest in readings(key))


def is_definite(word: str) -> bool:
    """Whether a printed word bears the article, with proclitics before it or not."""
    return _DEFINITE.match(word) is not None
