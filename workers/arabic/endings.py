"""Which words are inflections of one another, once their proclitics are off.

Joined: plural and dual with their singular, pronouns and accusative alef with the bare noun, masculine and feminine of
adjectives, persons of a verb. Kept apart, although light stemmers join them: noun and nisba (دول "states", دولي
"international"), feminine nouns and what remains without ta marbuta (مكتبة "library", مكتب "office"), and every word
whose ending only looks like one (لبنان, سلطان, فلسطين, مليون). Each rule wants the paradigm around it attested: a dual
in ان is one only where ين is seen too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from workers.arabic.clitics import Clitics
from workers.arabic.counts import Counts

_PRONOUNS = ("هما", "ها", "هم", "هن", "نا", "كم", "ه")
_MOST_PLURAL = 25.0
"""A plural this much commoner than its singular has a meaning of its own (الإمارات "Emirates", إمارة "emirate")."""


class Endings:
    """The decisions over one corpus; `base` is the dictionary form of a word without proclitics."""

    def __init__(self, counts: Counts, clitics: Clitics, *, fixed: Mapping[str, str]) -> None:
        """`fixed`: word → its base, right or wrong by the rules (config/arabic/fixed_words.txt)."""
        self._fixed = fixed
        self.texts: Counter[str] = Counter()
        self._defined: Counter[str] = Counter()
        self.feminine: set[str] = set()
        """Words that most texts write with ta marbuta."""
        feminine: Counter[str] = Counter()
        tanwin: Counter[str] = Counter()
        for word, number in counts.texts.items():
            base = clitics.base(word)
            self.texts[base] += number
            self._defined[base] += number if word.removesuffix(base).endswith(("ال", "لل")) and word != base else 0
            feminine[base] += number if counts.spelling[word].endswith("ة") else 0
            tanwin[base] += round(number * counts.tanwin.get(word, 0.0))
        self.feminine = {base for base, number in feminine.items() if 2 * number >= self.texts[base]}
        self._tanwin = {base: number / self.texts[base] for base, number in tanwin.items() if number}

    def base(self, word: str) -> str:
        """Follow the rules until none fits."""
        seen = {word}
        while (shorter := self._step(word)) != word and shorter not in seen:
            seen.add(shorter)
            word = shorter
        return word

    def _step(self, word: str) -> str:
        if word in self._fixed or len(word) < 4:
            return self._fixed.get(word, word)
        rules: tuple[Callable[[str], Iterator[str]], ...] = (
            self._pronoun, self._accusative, self._sound_plural, self._feminine_plural, self._gender, self._verb,
        )  # fmt: skip
        for rule in rules:
            for base in rule(word):
                return base
        return word

    # --- evidence ------------------------------------------------------------------------------------------------

    def _share_defined(self, word: str) -> float:
        return self._defined[word] / self.texts[word] if self.texts[word] else 0.0

    def _is_noun(self, word: str) -> bool:
        return self._defined[word] >= 2

    # --- rules: each yields at most one base ---------------------------------------------------------------------

    def _pronoun(self, word: str) -> Iterator[str]:
        """رئيسه "his president" → رئيس; حكومتها "her government" → حكومة. What has a pronoun has no article."""
        if self._share_defined(word) > 0.02:
            return
        for ending in _PRONOUNS:
            rest = word.removesuffix(ending)
            if rest == word or len(rest) < 3 or (ending == "ه" and word in self.feminine):
                continue
            feminine = rest[:-1] + "ه"
            options = [feminine] if rest[-1] == "ت" and feminine in self.feminine else []
            for base in [*options, rest]:
                if self.texts[base] >= max(5, 0.15 * self.texts[word]) and (ending != "نا" or self.texts[rest + "ها"]):
                    yield base
                    return

    def _accusative(self, word: str) -> Iterator[str]:
        """تهديدا "a threat" → تهديد. After ي only where tanwin is written: سوريا "Syria" is not سوري "Syrian"."""
        rest = word.removesuffix("ا")
        if rest == word or len(rest) < 3 or self.texts[rest] < 3 or self._share_defined(word) > 0.02:
            return
        written = self._tanwin.get(word, 0.0) >= 0.05
        if written or (rest[-1] != "ي" and self.texts[rest] >= 5 * self.texts[word] and self._is_noun(rest)):
            yield rest

    def _sound_plural(self, word: str) -> Iterator[str]:
        """مسؤولون, مسؤولين "officials" → مسؤول; أسبوعان "two weeks" → أسبوع; دولتين "two states" → دولة."""
        rest, ending = word[:-2], word[-2:]
        construct = word.removesuffix("ي")  # موظفي الشركة "the company's employees"; a nisba would have the article too
        if construct != word and self._share_defined(word) <= 0.01 and self._is_noun(construct) and len(construct) > 2:
            if self.texts[construct + "ين"] >= 3 and self.texts[construct + "ون"] and self.texts[construct] >= 3:
                yield construct
            return
        if ending not in {"ون", "ين", "ان"} or len(rest) < 3:
            return
        if word.endswith("وون") and self.texts[word[:-3] + "يين"]:  # لاجئون, beside لاجئين, of لاجئ "refugee"
            rest = word[:-3] + "ي"
        feminine = rest[:-1] + "ه"
        if rest[-1] == "ت" and ending != "ون" and feminine in self.feminine and self.texts[feminine] >= 5:
            yield feminine
            return
        partners = {"ون": ("ين",), "ين": ("ون", "ان"), "ان": ("ين",)}[ending]
        seen = sum(self.texts[rest + partner] for partner in partners)
        seen += self.texts[rest[:-1] + "وون"] if rest[-1] == "ي" else 0
        needed = 2.0 if ending == "ين" else max(2.0, 0.5 * self.texts[word])  # ين is the commoner case of every plural
        if not self._is_noun(rest):
            return
        pair = ending == "ين" and self.texts[rest] >= 5 * self.texts[word] and self._share_defined(rest) >= 0.1
        if seen < needed and not pair:  # شهرين "two months" is common where شهران is not seen
            return
        if self.texts[rest] >= max(3, (0.3 if ending == "ان" else 0.03) * self.texts[word]):
            yield rest

    def _feminine_plural(self, word: str) -> Iterator[str]:
        """شركات "companies" → شركة; قرارات "decisions" → قرار; فيديوهات "videos" → فيديو."""
        loan = word.removesuffix("هات")
        if loan != word and loan.endswith("و") and self.texts[loan] >= 3:
            yield loan
            return
        rest = word.removesuffix("ات")
        if rest == word or len(rest) < 2:
            return
        feminine, masculine = rest + "ه", rest
        with_ta = self.texts[feminine] if feminine in self.feminine else 0
        without = self.texts[masculine] if self._is_noun(masculine) and len(rest) > 2 else 0
        base, number = (feminine, with_ta) if with_ta >= 0.3 * without else (masculine, without)
        if number >= 3 and number * _MOST_PLURAL >= self.texts[word]:
            yield base

    def _gender(self, word: str) -> Iterator[str]:
        """السياسية → السياسي; كاتبة "(woman) writer" → كاتب. Not مكتبة, whose masculine has no sound plural, not the
        verbal nouns مساعدة "help", and not شخصية "person", whose own plural is common."""
        rest = word.removesuffix("ه")
        if rest == word or word not in self.feminine or len(rest) < 3 or not self._is_noun(rest):
            return
        ratio = self.texts[rest] / self.texts[word]
        if rest[-1] == "ي":
            if (0.04 if len(rest) > 3 else 0.1) <= ratio <= 25 and self.texts[rest + "ات"] < 0.1 * self.texts[word]:
                yield rest
            return
        verbal_noun = rest[0] == "م" and rest[2] == "ا"
        plurals = all(self.texts[rest + ending] >= 2 for ending in ("ون", "ين", "ات"))
        if plurals and not verbal_noun and 0.05 <= ratio <= 20:
            yield rest

    def _verb(self, word: str) -> Iterator[str]:
        """أعلنت, أعلنوا "she, they announced" → أعلن; تعلن "she announces" → يعلن."""
        if self._share_defined(word) > 0.02:
            return
        for ending in ("ت", "وا"):
            rest = word.removesuffix(ending)
            if rest != word and len(rest) >= 3 and self._is_past(rest):
                yield rest
                return
        third = "ي" + word[1:]  # he: the dictionary form of the imperfect here
        enough = max(5.0, (0.05 if word[0] == "ت" else 0.0) * self.texts[word])
        if word[0] in "تن" and self.texts[third] >= enough and self._share_defined(third) <= 0.02:
            yield third
            return
        if word[0] in "يت" and word.endswith("ون") and self.texts[word[:-2]] >= 3 and len(word) > 5:
            yield word[:-2]

    def _is_past(self, word: str) -> bool:
        return (
            self.texts[word] >= 3
            and self._share_defined(word) <= 0.1
            and self.texts[word + "ت"] >= 3
            and self.texts[word + "وا"] >= 3
        )
