"""`rasid bench tag`: the tagger against marked texts, traps and spellings; its speed; its mentions, to be read."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from workers.bench.tag_gold import Scores, linked_scores, read_gold, span_scores
from workers.bench.tag_recall import drawn, shown, unlinked
from workers.bench.tag_sets import misread, speed, spelling_rows, to_read, traps
from workers.cli.lexicon import read_texts
from workers.errors import Fault, UserError
from workers.settings import Settings, settings
from workers.tag import Tagger

MODES = ("gold", "traps", "variants", "speed", "read", "recall")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mode", type=click.Choice(MODES), default="gold", show_default=True, help="What FILE is for.")
@click.option("--unknown", is_flag=True, help="With the statistical tagger, as tag.statistical: true.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--errors", is_flag=True, help="List what was wrong and what was missed.")
@click.option("--count", default=60, show_default=True, help="Articles to read.")
@click.option("--others", type=click.Path(path_type=Path), help="Texts that are tagged before speed is measured.")
@click.option("--seed", default=7, show_default=True, help="Of what is drawn by chance.")
def command(
    *,
    file: Path,
    mode: str,
    unknown: bool,
    as_json: bool,
    errors: bool,
    count: int,
    others: Path | None,
    seed: int,
) -> None:
    """Try the tagger on FILE.

    gold: JSON with spans and ids, or CoNLL (a token and a tag a line). Spans are strict; gold labels and our entities
    are paired one to one by how often they meet. traps: YAML, name → entity or `word` → sentences. variants, speed,
    read: article texts (.jsonl or .txt, also gzipped): spellings of 500 foreign names, generated and of the texts;
    articles of 400 words a second on one core, sixteen together and one by one; every mention of some articles in its
    words. recall: names that plain expressions find in some articles and the tagger did not link, three of an entity
    at most, for a reader to rule on.

    \b
    Examples:
      rasid bench tag gold_mentions.json
      rasid bench tag tests/unit/tag/traps.yaml --mode traps
      rasid bench tag ../shared/data/articles_text.jsonl.gz --mode variants
      rasid bench tag ../shared/data/articles_text.jsonl.gz --mode speed
      rasid bench tag articles_text.jsonl.gz --mode speed --others ../shared/data/corpus_2018.txt.gz
      rasid bench tag ../shared/data/articles_text.jsonl.gz --mode read --count 60
      rasid bench tag ../shared/data/articles_text.jsonl.gz --mode recall --count 60
    """
    for given in (file, others):
        if given is not None and not given.is_file():
            raise UserError(Fault(str(given), "is no file"))
    config = settings()
    config = config.model_copy(update={"tag": config.tag.model_copy(update={"statistical": unknown})})
    lines, report = _MODES[mode](Asked(config, file, count, seed, others))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    for name, row in report.items():
        click.echo(
            f"{name:24} " + ("  ".join(f"{k} {v}" for k, v in row.items()) if isinstance(row, dict) else str(row))
        )
    for line in lines if errors or mode in ("read", "recall") else ():
        click.echo(line)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    config: Settings
    file: Path
    count: int
    seed: int
    others: Path | None


Answer = tuple[Iterator[str] | list[str], dict[str, Any]]
"""Lines that are printed when asked for, and the figures."""


def _gold(asked: Asked) -> Answer:
    started = time.process_time()
    tagger = _load(asked.config)
    loaded = time.process_time() - started
    gold = read_gold(asked.file)
    rows = {f"spans {kind}": scores for kind, scores in span_scores(tagger, gold).items()}
    if any(mention.id for text in gold for mention in text.mentions):
        rows = {"linked": linked_scores(tagger, gold), **rows}
    report = {name: _row(scores) for name, scores in rows.items()}
    lines = [f"wrong   {w}" for w in rows["linked"].wrong] if "linked" in rows else []
    lines += [f"missed  {m}" for m in rows["linked"].missed] if "linked" in rows else []
    return lines, {"load_cpu_seconds": round(loaded, 3), "texts": len(gold), **report}


def _traps(asked: Asked) -> Answer:
    rows = list(traps(asked.file))
    wrong = misread(_load(asked.config), rows)
    lines = [f"{name}: {expected}, read as {found}: {sentence}" for name, expected, found, sentence in wrong]
    names = len({name for name, *_ in rows})
    return lines, {"sentences": len(rows), "names": names, "accuracy": round(1 - len(wrong) / max(1, len(rows)), 4)}


def _variants(asked: Asked) -> Answer:
    found = spelling_rows(_load(asked.config), asked.config, read_texts(asked.file), asked.seed)
    lines = [f"{name}: {failed}" for name, row in found.items() for failed in row.failed]
    return lines, {name: row.row() for name, row in found.items()}


def _speed(asked: Asked) -> Answer:
    others = read_texts(asked.others) if asked.others else ()
    return [], speed(lambda: _load(asked.config), read_texts(asked.file), others)


def _read(asked: Asked) -> Answer:
    return to_read(_load(asked.config), list(read_texts(asked.file)), asked.count, asked.seed), {}


def _recall(asked: Asked) -> Answer:
    texts = dict(enumerate(read_texts(asked.file)))
    chosen = sorted(random.Random(asked.seed).sample(sorted(texts), min(asked.count, len(texts))))  # noqa: S311
    found = unlinked(_load(asked.config), {number: texts[number] for number in chosen})
    lines = [shown(candidate, texts[candidate.article]) for candidate in drawn(found.left, _EACH, asked.seed)]
    left = {"left": len(found.left), "shown": len(lines)}
    return lines, {"articles": len(chosen), "candidates": found.candidates, "linked": found.linked, **left}


_EACH = 3
"""Unlinked candidates of one entity that are shown: a common word would fill the list."""

_MODES = {"gold": _gold, "traps": _traps, "variants": _variants, "speed": _speed, "read": _read, "recall": _recall}


def _load(config: Settings) -> Tagger:
    return Tagger.load(config.config_dir, config.tag)


def _row(scores: Scores) -> dict[str, float]:
    return {
        "precision": round(scores.precision, 4),
        "recall": round(scores.recall, 4),
        "f1": round(scores.f1, 4),
        "wanted": scores.wanted,
        "found": scores.found,
    }
