"""What training reads: labelled sentences (CoNLL columns) and unlabelled articles, and the development slice.

The slice: of every 100 sentences of the training file, in its order, the last ten. The file is newswire in order of
publication, so that blocks of ten keep an article's sentences mostly together and the slice sees every topic.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from workers.arabic.sentences import split
from workers.tag.statistical.forms import with_marks
from workers.tag.text import words

Sentence = tuple[list[str], list[str]]
"""Tokens and their BIO tags."""
TAGS = ("O", *(f"{place}-{label}" for label in ("PERS", "LOC", "ORG", "MISC") for place in "BI"))


def labelled(path: Path) -> list[Sentence]:
    """The sentences of a CoNLL file: one token and tag a line, a blank line after each sentence."""
    sentences: list[Sentence] = []
    tokens: list[str] = []
    tags: list[str] = []
    for line in [*path.read_text("utf-8").splitlines(), ""]:
        parts = line.split()
        if parts:
            tokens.append(parts[0])
            tags.append(parts[-1].replace("B-PER", "B-PERS").replace("I-PER", "I-PERS").replace("PERSS", "PERS"))
        elif tokens:
            sentences.append((tokens, tags))
            tokens, tags = [], []
    return sentences


def slices(sentences: list[Sentence]) -> tuple[list[Sentence], list[Sentence]]:
    """(training, development): blocks of ten after each ninety."""
    training = [s for number, s in enumerate(sentences) if number % 100 < 90]
    return training, [s for number, s in enumerate(sentences) if number % 100 >= 90]


def articles(folder: Path) -> Iterator[str]:
    """The unlabelled texts: title and text of each article of the ANT Corpus in the data folder."""
    with gzip.open(folder / "articles_text.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield f"{row['title']}\n{row['text']}"
    with gzip.open(folder / "corpus_2018.txt.gz", "rt", encoding="utf-8") as file:
        yield from file.read().split("\n\n")


def tokens(text: str) -> Iterator[list[str]]:
    """The sentences of a text as tokens: words, and each mark by itself."""
    for start, end in split(text):
        sentence = text[start:end]
        yield [sentence[a:b] for a, b in with_marks(sentence, words(sentence)[1])]
