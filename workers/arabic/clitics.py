"""Where a word's proclitics end: و "and", ف "so", ب "in, by", ل "for", ك "like", س (future), and the article ال.

Most of these letters also begin roots: وزارة "ministry", بيان "statement", لبنان "Lebanon", كبير "great" carry no
proclitic. What counts is evidence from a corpus (`Counts`):
- The rest must be attested, and often enough beside the whole.
- A whole that is itself seen with article or preposition (الوزارة, بالبيان) is a word of its own: after a
  proclitic, no article can follow.
- A hamza that the rest is always written with must be seen in the whole: وافق "agreed" is not و + أفق "horizon".
The thresholds were set on a development half of the corpus and measured on other texts (`rasid bench analysis`).
"""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache

from workers.arabic.counts import Counts

ARTICLES = ("ال", "وال", "فال", "بال", "كال", "وبال", "فبال", "وكال", "لل", "ولل", "فلل")
_JOINS = ("و", "ف")
_PREPOSITIONS = ("ب", "ل", "ك")
_PRONOUNS = ("ه", "ها", "هم", "هما", "ت", "وا", "نا", "تا", "ا", "ن")
_HAMZA = "أإآ"
MIN_REST = 3
"""Letters that must be left after a one-letter proclitic: two-letter rests were wrong more often than right."""


class Clitics:
    """The decisions over one corpus."""

    def __init__(self, counts: Counts, *, stop_words: frozenset[str], whole: Container[str]) -> None:
        """`whole`: words that are never cut (config/arabic/fixed_words.txt)."""
        self.texts = counts.texts
        self.spelling = counts.spelling
        self._stop = stop_words
        self._whole = whole
        self.cut = lru_cache(maxsize=None)(self._cut)

    def base(self, word: str) -> str:
        """`word` without its proclitics."""
        for _ in range(4):
            if (rest := self.cut(word)[1]) == word:
                break
            word = rest
        return word

    def _cut(self, word: str) -> tuple[str, str]:
        """(proclitic, rest): the outermost proclitics of `word`, or ("", word)."""
        if word in self._whole or len(word) < MIN_REST + 1:
            return "", word
        for way in (self._article, self._join, self._preposition, self._future, self._join_and_preposition):
            if (found := way(word)) is not None:
                return found
        return "", word

    # --- evidence ------------------------------------------------------------------------------------------------

    def definite(self, word: str) -> int:
        """Texts in which `word` stands with the article: what a noun of its own does, and a cut never."""
        return sum(self.texts[article + word] for article in ("ال", "وال", "بال", "لل"))

    def _own_word(self, word: str, *, heads: tuple[str, ...]) -> int:
        """Texts that show `word` to begin with its root: it carries an article or one of `heads`.

        Two lams prove nothing: للوكالة is ل and the article, not ل and لوكالة.
        """
        return self.definite(word) + sum(self.texts[head + word] for head in heads if head != "ل" or word[0] != "ل")

    def _hamza_agrees(self, word: str, rest: str) -> bool:
        whole, part = self.spelling.get(word, word), self.spelling.get(rest, rest)
        at = len(whole) - len(part)
        return not (part[:1] in _HAMZA and at >= 0 and whole[at : at + 1] == "ا")

    def _article_stands_bare(self, word: str, article: str) -> bool:
        """Whether the alef of the article is written without hamza."""
        spelling = self.spelling.get(word, word)
        return "ا" not in article or spelling[: len(article)] == article

    # --- ways to cut ---------------------------------------------------------------------------------------------

    def _article(self, word: str) -> tuple[str, str] | None:
        for article in sorted(ARTICLES, key=len, reverse=True):
            rest = word[len(article) :]
            if not word.startswith(article) or len(rest) < 2 or rest in self._stop:
                continue
            if article.endswith("لل") and self.texts["الل" + rest] > self.texts["ال" + rest]:
                return article[:-1], "ل" + rest  # للجنة "for the committee" is ل + اللجنة, not ل + الجنة "paradise"
            if self._has_article(word, article, rest):
                return article, rest
        return None

    def _has_article(self, word: str, article: str, rest: str) -> bool:
        texts = self.texts
        own, behind_lam = self.definite(word), texts["لل" + rest]
        if not self._article_stands_bare(word, article) or (own >= max(2, 0.02 * texts[word]) and own > behind_lam):
            return False
        if article == "ال":
            if behind_lam + sum(texts[other + rest] for other in ("بال", "وبال", "ولل", "كال")) >= 2:
                return True
            verb = texts["ي" + word[1:]] >= 2  # التقى "met", يلتقي "meets": the lam belongs to the root
            return not verb and (len(rest) >= MIN_REST or texts[rest] >= max(2, 0.002 * texts[word]))
        definite = "ال" + rest
        return texts[definite] >= max(1, 0.05 * texts[word]) and self.cut(definite)[0] == "ال"

    def _join(self, word: str) -> tuple[str, str] | None:
        join, rest = word[0], word[1:]
        if join not in _JOINS or len(rest) < MIN_REST or not self._hamza_agrees(word, rest):
            return None
        whole, part = self.texts[word], self.texts[rest]
        own = self._own_word(word, heads=("ب", "ل", "و", *(("ف",) if join == "ف" else ())))
        doubt = 0.03 if part < 3 * whole else 0.3  # بوروسيا "Borussia" does not make وروسيا a word
        if own >= max(2, doubt * whole) or self._inflects_a_root(word):
            return None
        share = 2.0 if join == "ف" else 0.01 if self.spelling.get(word, word)[1] in _HAMZA else 0.1
        return (join, rest) if part >= max(2, share * whole) else None

    def _inflects_a_root(self, word: str) -> bool:
        """وردت "was mentioned" is ورد with an ending, whatever ردت "replied" is: ورد itself is too short to be cut."""
        for ending in _PRONOUNS:
            stem = word.removesuffix(ending)
            if stem == word or len(stem) != MIN_REST or stem in self._stop:
                continue
            if self.texts[stem] >= max(5, 0.2 * self.texts[word]):
                return True
        return False

    def _preposition(self, word: str) -> tuple[str, str] | None:
        letter, rest = word[0], word[1:]
        if letter not in _PREPOSITIONS or len(rest) < MIN_REST or rest in self._stop:
            return None
        if not self._hamza_agrees(word, rest):
            return None
        whole, part = self.texts[word], self.texts[rest]
        own = self._own_word(word, heads=("ب", "ل"))
        doubt = 0.02 if part < 3 * whole else 0.2
        if own >= (1 if letter == "ك" else max(2, doubt * whole)):
            return None
        noun = self.definite(rest) >= max(3, 0.05 * part)
        if letter == "ك":
            return (letter, rest) if noun and part >= max(20, 3 * whole) else None
        if letter == "ل" and self._is_imperfect(rest):
            return letter, rest
        return (letter, rest) if part >= max(2, (0.15 if noun else 1.2) * whole) else None

    def _future(self, word: str) -> tuple[str, str] | None:
        rest = word[1:]
        if word[0] != "س" or not self._is_imperfect(rest) or self._own_word(word, heads=("ب", "ل")) >= 2:
            return None
        return ("س", rest) if self.texts[rest] >= max(3, 0.3 * self.texts[word]) else None

    def is_verb(self, word: str) -> bool:
        """Whether `word` is seen in two persons."""
        return self._is_imperfect(word) or self.texts[word + "وا"] >= 2

    def _is_imperfect(self, word: str) -> bool:
        """A verb that is seen with two of the four letters of the imperfect: يعلن and تعلن."""
        stem = word[1:]
        if word[0] not in "يتنا" or len(stem) < MIN_REST or self.definite(word) > 0.1 * self.texts[word]:
            return False
        return self.texts["ي" + stem] >= 3 and self.texts["ت" + stem] >= 2

    def _join_and_preposition(self, word: str) -> tuple[str, str] | None:
        head, rest = word[:2], word[2:]
        if head[0] not in _JOINS or head[1] not in "بلكس" or len(rest) < MIN_REST or rest in self._stop:
            return None
        if self._own_word(word, heads=("ب", "ل")) >= 2 or not self._hamza_agrees(word, rest):
            return None
        if self._inflects_a_root(word) or self.texts[rest] < max(10, 3 * self.texts[word]):
            return None
        if head[1] == "س":
            return (head, rest) if self._is_imperfect(rest) else None
        return (head, rest) if head[1] != "ك" or self.definite(rest) >= 20 else None
