"""Do a noun or a name and the forms that a text gives it get one stem? Counted on texts the lexicon has not seen.

Nouns are found without the analysis under test: words that stand both bare and with the article. Names come from the
ANERcorp column file (persons and places that never take the article). A form is a proclitic and the word, as far as it
is attested and is not itself seen with an article, which would make it another word (لوزير, not بيان).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.arabic.counts import Counts
from workers.arabic.fold import search_form
from workers.arabic.tokens import tokenize

PROCLITICS = ("و", "ب", "ل", "ف", "ك", "وب", "ول")
ARTICLES = ("ال", "وال", "بال", "فال", "كال", "لل", "ولل", "وبال")


@dataclass(frozen=True, slots=True)
class Score:
    """`same` of `forms` occurrences have the stem of their word; by proclitic."""

    same: int
    forms: int
    by_proclitic: dict[str, tuple[int, int]]

    @property
    def share(self) -> float:
        """In percent."""
        return 100 * self.same / self.forms if self.forms else 0.0


def frequencies(texts: Iterable[str]) -> Counter[str]:
    """Occurrences by exact form."""
    return Counter(token.key for text in texts for token in tokenize(text))


def nouns(seen: Counter[str], counts: Counts, *, stop_words: frozenset[str], most: int = 1500) -> list[str]:
    """The commonest words of four letters and more that stand at least five times bare and five with the article."""
    found = [
        word
        for word in seen
        if len(word) >= 4
        and word not in stop_words
        and not word.startswith("ال")
        and min(seen[word], seen["ال" + word]) >= 5
        and counts.spelling["ال" + word].startswith("ال")
    ]
    return sorted(found, key=lambda word: (-seen[word] - seen["ال" + word], word))[:most]


def names(path: Path, seen: Counter[str], *, stop_words: frozenset[str]) -> list[str]:
    """First words of persons and places in a CoNLL column file, attested five times and never with the article."""
    columns = (line.split() for line in path.read_text("utf-8").splitlines())
    words = {search_form(c[0]) for c in columns if len(c) == 2 and c[1] in {"B-PERS", "B-LOC"}}
    return sorted(
        word
        for word in words
        if len(word) >= 4
        and not word.startswith("ال")
        and seen[word] >= 5
        and not seen["ال" + word]
        and word not in stop_words
    )


def score(stem: Callable[[str], str], words: Sequence[str], seen: Counter[str], proclitics: Iterable[str]) -> Score:
    """How many occurrences of the words' forms get the words' stems."""
    by: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for word in words:
        for proclitic in proclitics:
            form = proclitic + word
            if not seen[form] or (proclitic in PROCLITICS and seen["ال" + form]):
                continue
            by[proclitic][0] += seen[form] * (stem(form) == stem(word))
            by[proclitic][1] += seen[form]
    same, forms = sum(pair[0] for pair in by.values()), sum(pair[1] for pair in by.values())
    return Score(same, forms, {proclitic: (pair[0], pair[1]) for proclitic, pair in by.items()})


def merged(stem: Callable[[str], str], words: Sequence[str]) -> float:
    """Percent of `words` that share a stem with another of them. Plurals do rightly, so none is not the aim."""
    groups = Counter(stem(word) for word in words)
    return 100 * sum(groups[stem(word)] > 1 for word in words) / len(words) if words else 0.0
