"""A heavier tagger behind the same port: a token classifier of the transformers library from a local folder.

Off unless `tag.transformer` names a folder (as `save_pretrained` writes it: config, weights, tokenizer) with BIO labels
such as B-PERS, I-LOC. Nothing is downloaded, and no code from the folder is run. Needs the packages transformers and
torch, which Rasid does not bring.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workers.arabic.sentences import split
from workers.errors import Fault, UserError
from workers.tag.port import NameSpan, Printed, Words
from workers.tag.statistical.decode import bio_spans
from workers.tag.statistical.tagger import with_marks_of

KINDS = {
    "PER": "person", "PERS": "person", "PERSON": "person",
    "ORG": "organisation", "LOC": "place", "GPE": "place", "FAC": "place", "EVENT": "event",
}  # fmt: skip
"""Labels of the common Arabic corpora; others are left out."""
MOST_WORDS = 120
"""Words of a sentence that are read at once: with three pieces a word they fit the usual 512 positions."""
CONFIG = "config.json"
PLACE = "tag.transformer"


class TransformerTagger:
    """Finds names with a token classifier. `classify`: words → (label, probability) of each, by its first piece."""

    def __init__(self, tokenizer: Any, model: Any, torch: Any) -> None:
        self._tokenizer = tokenizer
        self._model = model
        self._torch = torch

    @classmethod
    def load(cls, folder: Path) -> TransformerTagger:
        """Read the model in `folder`; raises `UserError` where folder, packages or labels are missing."""
        if not (folder / CONFIG).is_file():
            raise UserError(Fault(f"{PLACE}: {folder}", f"holds no {CONFIG}", "the folder that save_pretrained wrote"))
        try:
            torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
        except ImportError as error:
            mend = f"pip install transformers torch, or leave {PLACE} empty"
            raise UserError(Fault(PLACE, f"the package {error.name} is not installed", mend)) from None
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model = transformers.AutoModelForTokenClassification.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError) as error:
            raise UserError(Fault(f"{PLACE}: {folder}", f"cannot be read: {error}")) from None
        labels = {label[2:] for label in model.config.id2label.values()}
        if labels.isdisjoint(KINDS):
            raise UserError(Fault(f"{PLACE}: {folder}", "has no label of names", f"BIO labels of {', '.join(KINDS)}"))
        model.eval()
        return cls(tokenizer, model, torch)

    def spans_of_each(self, texts: Sequence[Printed]) -> list[list[NameSpan]]:
        """Names in each text; none overlapping. Proclitics that the model counts to a name stay in its span."""
        return [list(self._spans(text, words)) for text, words in texts]

    def _spans(self, text: str, words: Words) -> Iterator[NameSpan]:
        for start, end in split(text):
            places = with_marks_of(text, words, start, end)
            for at in range(0, len(places), MOST_WORDS):
                yield from self._named(text, places[at : at + MOST_WORDS])

    def _named(self, text: str, places: list[tuple[int, int]]) -> Iterator[NameSpan]:
        labels, sure = self._classify([text[a:b] for a, b in places])
        for span in bio_spans(labels, np.array(sure, np.float32), [(0, n) for n in range(len(labels))]):
            if (kind := KINDS.get(span.label)) is not None:
                yield NameSpan(places[span.first][0], places[span.last - 1][1], kind, span.confidence)

    def _classify(self, words: list[str]) -> tuple[list[str], list[float]]:
        """Label and probability of each word, by its first piece; O where the model was given none of it."""
        pieces = self._tokenizer(words, is_split_into_words=True, truncation=True, return_tensors="pt")
        with self._torch.no_grad():
            shares = self._torch.softmax(self._model(**pieces).logits[0], dim=-1)
        best = shares.max(dim=-1)
        labels, sure = ["O"] * len(words), [0.0] * len(words)
        seen: set[int] = set()
        for piece, word in enumerate(pieces.word_ids()):
            if word is not None and word not in seen:
                seen.add(word)
                labels[word] = self._model.config.id2label[int(best.indices[piece])]
                sure[word] = float(best.values[piece])
        return labels, sure
