"""`rasid bench names`: the statistical tagger against CoNLL columns, token by token, and its cost."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from workers.errors import Fault, UserError
from workers.lots import batches
from workers.settings import settings
from workers.tag.statistical.decode import Weighing, names
from workers.tag.statistical.model import Model
from workers.tag.statistical.scores import Score, compare, gold_spans
from workers.tag.statistical.tagger import DEFAULT, FILE, StatisticalTagger
from workers.tag.text import words
from workers.tag.train.corpus import Sentence, articles, labelled, slices

DOCUMENT = 10
"""Sentences in a row that are taken as one document: CoNLL files do not mark where one ends."""
REPORTED = "on the CAMeL test split: CRF 73.8, BiLSTM-CRF 76.4, both 77.5, AraBERTv02 81.3"
"""The research's figures (ner, section 3)."""
WORDS = 400
"""Words of an article whose speed is measured."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--slice", "only_slice", is_flag=True, help="Of a training file only the development slice.")
@click.option("--labels", default="PERS,LOC,ORG,MISC", help="Labels that are compared.", show_default=True)
@click.option("--model", "path", type=click.Path(path_type=Path), help="A model file instead of the shipped one.")
@click.option("--speed", is_flag=True, help="FILE is the folder of article texts: articles a second, on one core.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(file: Path, only_slice: bool, labels: str, path: Path | None, speed: bool, as_json: bool) -> None:
    """Score the names that the statistical tagger alone finds in FILE: one token and BIO tag a line.

    Strict: span and label must both agree. F1 has a 95 % interval by bootstrap over sentences.

    \b
    Examples:
      rasid bench names ../shared/data/ner/anercorp.train.txt --slice
      rasid bench names ../shared/data/ner/aqmar.train.txt --labels PERS,LOC,ORG
      rasid bench names ../shared/data --speed
    """
    path = path or settings().config_dir / FILE
    if speed:
        rate = articles_a_second(path, file)
        click.echo(json.dumps(rate) if as_json else "\n".join(f"{name}: {value:g}" for name, value in rate.items()))
        return
    if not file.is_file():
        raise UserError(Fault(str(file), "is no file", "give a CoNLL file"))
    sentences = labelled(file)
    rows = score(Model.load(path), slices(sentences)[1] if only_slice else sentences, labels.split(","))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows]))
    else:
        click.echo("\n".join(_table(rows)))


def score(
    model: Model, sentences: Sequence[Sentence], labels: Sequence[str], weighing: Weighing = DEFAULT
) -> list[Score]:
    """A row for each label and one for all."""
    documents = batches([tokens for tokens, _ in sentences], DOCUMENT)
    found = {
        (number * DOCUMENT + s.sentence, s.first, s.last, s.label)
        for number, spans in enumerate(names(model, documents, weighing))
        for s in spans
    }
    gold = gold_spans([tags for _, tags in sentences])
    return compare({s for s in gold if s[3] in labels}, {s for s in found if s[3] in labels}, len(sentences))


def _table(rows: Sequence[Score]) -> Iterator[str]:
    yield f"{'':6}{'P':>6}{'R':>6}{'F1':>6}   95 %        names"
    for r in rows:
        shares = "".join(f"{100 * value:6.1f}" for value in (r.precision, r.recall, r.f1))
        yield f"{r.label:6}{shares}   {100 * r.low:.1f}-{100 * r.high:.1f}   {r.wanted:5}"
    yield REPORTED


def articles_a_second(path: Path, folder: Path, count: int = 300) -> dict[str, float]:
    """CPU time of loading, and of tagging articles cut to 400 words, the first 60 left out: words are remembered."""
    before = time.process_time()
    model = StatisticalTagger(Model.load(path), DEFAULT)
    loading = time.process_time() - before
    texts = _texts(folder, count + 60)
    for text in texts[:60]:
        _spans(model, text)
    before = time.process_time()
    for text in texts[60:]:
        _spans(model, text)
    return {"loading_seconds": round(loading, 3), "articles_a_second": round(count / (time.process_time() - before), 1)}


def _texts(folder: Path, count: int) -> list[str]:
    found: list[str] = []
    for text in articles(folder):
        spans = words(text)[1]
        if len(spans) >= WORDS:
            found.append(text[: spans[WORDS - 1][1]])
        if len(found) == count:
            break
    return found


def _spans(model: StatisticalTagger, text: str) -> int:
    return len(model.spans_of_each([(text, words(text)[1])])[0])
