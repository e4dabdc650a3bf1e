"""The lexicon: which words have another stem than light10 gives them. Built from counts, shipped as a small file.

Words that are inflections of one another (`clitics`, `endings`) form a class; its stem is its dictionary form. A word
is looked up twice: as it is, and, if unknown, as what light10 leaves of it. So most forms need no entry of their own,
and a form that no corpus has shown (وللسياسيين, of which light10 leaves للسياسي) is still led to its class.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from workers.arabic import frequency
from workers.arabic.analysis import Analyzer, light10
from workers.arabic.clitics import Clitics
from workers.arabic.counts import Counts
from workers.arabic.endings import Endings
from workers.arabic.fold import search_form

FLOOR = 3
"""Texts that a word must stand in to get an entry; rarer ones have too little evidence, and fall to light10."""
PRODUCTIVE = 400
"""Texts from which on a class's dictionary form also gets entries for proclitics not seen on it yet."""

SHORTEST_BEHIND = 5
"""Letters of a name that is believed behind a proclitic without having been seen there: shorter ones are chance."""

_ARABIC_WORD = re.compile("[ء-غف-ي]{2,}")
_ON_NAMES = ("ب", "ل", "و")
_WITH_ARTICLE = ("ال", "وال", "بال", "لل")
_PROCLITICS = ("ب", "ل", "و", "وب", "ول", "ال", "وال", "بال", "لل", "وبال", "ولل")
_WITH_DEFINITE = (*_WITH_ARTICLE, "فال", "كال", "ولل", "فلل", "وبال", "وكال", "فبال")
_PRONOUNS = ("ه", "ها", "هم", "نا")


def build(
    counts: Counts,
    *,
    stop_words: frozenset[str],
    fixed: Mapping[str, str],
    names: Iterable[str] = (),
    floor: int = FLOOR,
    productive: int = PRODUCTIVE,
) -> dict[str, str]:
    """Exact form, or what light10 leaves of some → stem, for the words of `counts`.

    `fixed`: word → base, where the rules err. `productive`: see `PRODUCTIVE`; names (no article) need a twentieth.
    `names`: exact forms of name words that get entries behind proclitics however rare they are in `counts`, because
    tomorrow's news will have them.
    """
    clitics = Clitics(counts, stop_words=stop_words, whole=fixed)
    endings = Endings(counts, clitics, fixed=fixed)
    members: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for word, number in counts.texts.items():
        if number >= floor and word not in stop_words and _ARABIC_WORD.fullmatch(word):
            members[endings.base(clitics.base(word))][word] = number
    for word in fixed:
        for form in _fixed_forms(word, clitics, stop_words):
            members[endings.base(word)].setdefault(form, 0)
    for base, words in members.items():
        words.setdefault(base, 0)
        needed = productive if clitics.definite(base) >= 2 or clitics.is_verb(base) else productive / 20
        if sum(words.values()) >= needed and base not in stop_words:
            for form in (*_rare_forms(base, clitics, floor), *_owned_forms(base, clitics, endings)):
                if form not in stop_words:
                    words.setdefault(form, 0)
    for name in names:
        rest, proclitics = (name[2:], _WITH_ARTICLE) if name.startswith("ال") else (name, _ON_NAMES)
        if _ARABIC_WORD.fullmatch(rest) and rest not in stop_words and clitics.cut(name)[1] == rest:
            words = members[endings.base(rest)]
            for form in (rest, *_rare_forms(rest, clitics, floor, proclitics=proclitics)):
                words.setdefault(form, 0)
    return _entries({word: (base, number) for base, words in members.items() for word, number in words.items()})


def _fixed_forms(word: str, clitics: Clitics, stop_words: frozenset[str]) -> Iterator[str]:
    """A word that somebody has read, and its forms behind proclitics, however rare they are."""
    for form in (word, *(head + word for head in _PROCLITICS)):
        if form not in stop_words and clitics.base(form) in {form, word}:
            yield form


def _entries(stems: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    """The fewest entries that lead each word to its stem. `stems`: word → (stem, number of texts)."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for word, (stem, number) in stems.items():
        votes[light10(word)][stem] += number
    found = {}
    for remnant, wanted in votes.items():
        stem = remnant  # two letters that are no word are too little to name a class by
        if remnant in stems or len(remnant) > 2:
            stem = stems[remnant][0] if remnant in stems else wanted.most_common(1)[0][0]
        if stem != remnant:
            found[remnant] = stem
    for word, (stem, _) in stems.items():
        remnant = light10(word)
        if found.get(word) != stem and found.get(remnant, remnant) != stem:
            found[word] = stem
    return found


def _rare_forms(base: str, clitics: Clitics, floor: int, *, proclitics: tuple[str, ...] = _PROCLITICS) -> Iterable[str]:
    """`base` behind each proclitic where too few texts have shown that form. Names and verbs take no article."""
    noun = clitics.definite(base) >= 2
    for proclitic in proclitics:
        form = proclitic + base
        if len(base) < 3 or clitics.texts[form] >= floor or (proclitic.endswith(("ال", "لل")) and not noun):
            continue
        if not clitics.texts[form] or clitics.base(form) == base:
            yield form


def _owned_forms(base: str, clitics: Clitics, endings: Endings) -> Iterable[str]:
    """A noun with the pronouns that no text has shown on it: وزيرتها "her (woman) minister" is not to lose its و."""
    if len(base) < 3 or clitics.definite(base) < 2 or clitics.is_verb(base):
        return
    stems = [base[:-1] + "ت"] if base in endings.feminine else [base]
    if clitics.texts[base + "ه"] and endings.base(base + "ه") == base:
        stems.append(base + "ت")
    for form in (stem + pronoun for stem in stems for pronoun in _PRONOUNS):
        if not clitics.texts[form] or endings.base(clitics.base(form)) == base:
            yield form


def with_names(lexicon: Mapping[str, str], names: Iterable[str], *, stop_words: frozenset[str]) -> dict[str, str]:
    """`lexicon` with entries for the catalogue's names of one word, which need no counts: tomorrow's news has them.

    `names`: exact forms. A name that no entry knows stands for itself, whatever its ending looks like (بيجين is no
    plural of بيج), unless news has the word often without that ending. With the article it gets what light10 leaves of
    وللناتو and وبالناتو, without it the forms behind one proclitic. What has an entry stays what it is.
    """
    found = dict(lexicon)
    plain = Analyzer(name="", lexicon=lexicon, stop_words=stop_words)
    grown = Analyzer(name="", lexicon=found, stop_words=stop_words)
    for name in names:
        rest = name.removeprefix("ال")
        if not _ARABIC_WORD.fullmatch(rest) or len(rest) < 4 or rest in stop_words:
            continue
        common = frequency.known(frequency.stem(rest))
        stem = rest if plain.rule(rest) == "light10" and not common else plain.stem_of(rest)
        forms = [head + rest for head in _WITH_DEFINITE] if rest != name else _bare_forms(rest)
        for form in (rest, *forms):
            if form not in found and (form == rest or grown.stem_of(form) != stem):
                found[form] = stem
    return {form: stem for form, stem in found.items() if form in lexicon or form != stem or light10(form) != stem}


def _bare_forms(name: str) -> Iterator[str]:
    """A name without the article behind proclitics, unless that is a word of its own (فوستر is not "so Wester")."""
    if len(name) >= SHORTEST_BEHIND:
        yield from (form for head in "بلوف" if not frequency.known(frequency.stem(form := head + name)))


def write(path: Path, lexicon: Mapping[str, str], *, comment: str) -> None:
    """Write the file that `analysis.read_lexicon` and Elasticsearch's `stemmer_override` read: `word, word => stem`."""
    words: defaultdict[str, list[str]] = defaultdict(list)
    for word, stem in lexicon.items():
        words[stem].append(word)
    lines = [f"# {line}" for line in comment.splitlines()]
    lines += [f"{', '.join(sorted(words[stem]))} => {stem}" for stem in sorted(words)]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def read_fixed(path: Path) -> dict[str, str]:
    """`fixed_words.txt`: exact form → base. A line is a word by itself, or `word => base`; `#` begins a comment."""
    found = {}
    for line in path.read_text("utf-8").splitlines():
        word, _, base = (search_form(part.strip()) for part in line.partition("#")[0].partition("=>"))
        if word:
            found[word] = base or word
    return found
