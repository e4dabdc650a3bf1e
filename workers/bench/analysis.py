"""`rasid bench analysis`: the analysis in Python against a real server's, its speed, and what the lexicon is worth."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click
from elasticsearch import Elasticsearch

from workers.arabic import lexicon
from workers.arabic.analysis import Analyzer, Term, light10, read_words
from workers.arabic.counts import count
from workers.bench import heldout, oddities
from workers.cli.lexicon import fixed_words, read_texts
from workers.cli.output import json_option, print_json
from workers.errors import Fault, UserError
from workers.index.analysis import analysis_settings
from workers.settings import settings


@dataclass(slots=True)
class Parity:
    """Texts and words compared, and how many were equal in term and position."""

    texts: int = 0
    same_texts: int = 0
    words: int = 0
    same_words: int = 0
    first_difference: str = ""

    def add(self, text: str, ours: Sequence[tuple[str, int]], theirs: Sequence[tuple[str, int]]) -> None:
        """Count one text's comparison."""
        self.texts += 1
        self.same_texts += ours == theirs
        self.words += len(theirs)
        self.same_words += len(theirs) if ours == theirs else len(set(ours) & set(theirs))
        if ours != theirs and not self.first_difference:
            self.first_difference = f"{text[:80]!a}: {sorted(set(ours) ^ set(theirs))[:4]}"


class Server:
    """One index of a real server with the analysis of `analyzer`."""

    def __init__(self, client: Elasticsearch, index: str) -> None:
        self._client = client
        self._index = index

    @classmethod
    @contextmanager
    def running(cls, url: str, analyzer: Analyzer) -> Iterator[Server]:
        """An index that is deleted at the end."""
        client = Elasticsearch(url, request_timeout=120)
        index = f"rasid-bench-{uuid.uuid4().hex[:8]}"
        body = {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "index.analyze.max_token_count": 1_000_000,
            "analysis": analysis_settings(analyzer),
        }
        client.indices.create(index=index, settings=body)
        try:
            yield cls(client, index)
        finally:
            client.indices.delete(index=index)
            client.close()

    def terms(self, chain: str, text: str) -> list[tuple[str, int]]:
        """What `_analyze` says: terms with positions."""
        answer = self._client.indices.analyze(index=self._index, analyzer=chain, text=text)
        return [(token["token"], token["position"]) for token in answer["tokens"]]


def compare(server: Server, analyzer: Analyzer, texts: Iterable[str]) -> dict[str, Parity]:
    """Both chains over `texts`."""
    chains: dict[str, Callable[[str], list[Term]]] = {"ar_exact": analyzer.exact, "ar_stem": analyzer.stem}
    found = {chain: Parity() for chain in chains}
    for text in texts:
        for chain, ours in chains.items():
            terms = [(term.term, term.position) for term in ours(text)]
            found[chain].add(text, terms, server.terms(chain, text))
    return found


def in_lots(strings: Iterable[str], size: int = 100) -> Iterator[str]:
    """Strings joined by line ends, which part words everywhere: a request each would be mostly overhead."""
    iterator = iter(strings)
    while lot := list(islice(iterator, size)):
        yield "\n \n".join(lot)


def speeds(config: Path, texts: Sequence[str]) -> dict[str, int]:
    """Words a second on one core: stems from an empty memory; then warm: stems, stems with offsets, exact forms with
    offsets, exact forms alone (what alert rules ask most), and both forms of a text that is cut once."""
    analyzer = Analyzer.load(config)
    words = sum(len(analyzer.stems(text)) for text in texts)
    fresh = Analyzer.load(config)

    def rate(work: Callable[[str], object]) -> int:
        begin = time.process_time()
        for text in texts:
            work(text)
        return round(words / (time.process_time() - begin))

    ways = {"stems": fresh.stems, "terms": fresh.stem, "exact_terms": fresh.exact}
    ways |= {"exact": fresh.exacts, "both_forms": fresh.forms}
    return {"words": words, "stems_cold": rate(fresh.stems), **{name: rate(way) for name, way in ways.items()}}


def worth(config: Path, data: Path, texts: Sequence[str]) -> dict[str, Any]:
    """The held-out check: a lexicon built from corpus_2018 alone, scored on `texts`, beside light10 alone."""
    stop_words = frozenset(read_words(config / "arabic" / "stop_words.txt"))
    built = lexicon.build(
        count(read_texts(data / "corpus_2018.txt.gz")),
        stop_words=stop_words,
        fixed=fixed_words(config / "arabic"),
    )
    fresh = Analyzer(name="held out", lexicon=built, stop_words=stop_words)
    seen = heldout.frequencies(texts)
    nouns = heldout.nouns(seen, count(texts), stop_words=stop_words)
    names = heldout.names(data / "ner" / "anercorp.train.txt", seen, stop_words=stop_words)
    found: dict[str, Any] = {"entries": len(built), "nouns": len(nouns), "names": len(names)}
    for name, stem in (("light10", light10), ("lexicon", fresh.stem_of)):
        of_nouns = heldout.score(stem, nouns, seen, (*heldout.PROCLITICS, *heldout.ARTICLES))
        of_names = heldout.score(stem, names, seen, heldout.PROCLITICS)
        found[name] = {
            "noun_forms": of_nouns.forms,
            "noun_forms_same_stem": round(of_nouns.share, 2),
            "name_forms": of_names.forms,
            "name_forms_same_stem": round(of_names.share, 2),
            "nouns_merged": round(heldout.merged(stem, nouns), 1),
            "by_proclitic": {p: round(100 * same / all_, 1) for p, (same, all_) in of_nouns.by_proclitic.items()},
        }
    return found


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default="../shared/data", show_default=True)
@click.option("--url", help="Elasticsearch; default: RASID_ELASTICSEARCH_URL.")
@click.option("--limit", type=int, help="Only the first texts.")
@click.option("--strings", default=5000, show_default=True, help="Generated strings to compare.")
@click.option("--characters", is_flag=True, help="Also every assigned code point in nine contexts (a minute).")
@click.option("--seed", default=1, show_default=True)
@json_option
def command(
    data: Path, url: str | None, limit: int | None, strings: int, characters: bool, seed: int, as_json: bool
) -> None:
    """Compare the Arabic analysis with `_analyze` of a real server, term by term and position by position.

    Over the 4,000 texts of DATA/articles_text.jsonl.gz and generated oddities; then words a second on one core; then,
    on texts that a lexicon built for the purpose has not seen, how many clitic forms get their word's stem.

    \b
    Example:
      rasid bench analysis --url http://127.0.0.1:9200 --characters
    """
    address = url or settings().elasticsearch.url
    if address is None:
        raise UserError(Fault("--url", "no Elasticsearch is named", "give --url or set RASID_ELASTICSEARCH_URL"))
    config = settings().config_dir
    articles = data / "articles_text.jsonl.gz"
    if not articles.is_file():
        raise UserError(Fault(str(articles), "is not there", "give its folder with --data"))
    texts = list(islice(read_texts(articles), limit))
    analyzer = Analyzer.load(config)
    sets: dict[str, Iterable[str]] = {
        "articles": texts,
        "generated": in_lots([*oddities.random_strings(strings, seed=seed), *oddities.long_words()]),
    }
    if characters:
        sets["characters"] = in_lots(oddities.characters(), 200)
    with Server.running(address, analyzer) as server:
        parity = {name: compare(server, analyzer, some) for name, some in sets.items()}
    result = {"lexicon": analyzer.name, "speed": speeds(config, texts), "held_out": worth(config, data, texts)}
    if as_json:
        flat = {name: {c: _plain(p) for c, p in chains.items()} for name, chains in parity.items()}
        print_json({"parity": flat, **result})
    else:
        _print(parity, result)


def _plain(parity: Parity) -> dict[str, object]:
    return {name: getattr(parity, name) for name in parity.__slots__}


def _print(parity: dict[str, dict[str, Parity]], result: dict[str, Any]) -> None:
    for name, chains in parity.items():
        for chain, p in chains.items():
            words = f"words equal {p.same_words:,}/{p.words:,}"
            click.echo(f"{name:10} {chain:8} texts equal {p.same_texts:,}/{p.texts:,}  {words}")
            if p.first_difference:
                click.echo(f"  first difference: {p.first_difference}")
    speed = result["speed"]
    click.echo(
        f"speed      {speed['words']:,} words, a second on one core: stems cold {speed['stems_cold']:,}, "
        f"stems {speed['stems']:,}, terms with offsets {speed['terms']:,}"
    )
    held = result["held_out"]
    click.echo(f"held out   {held['nouns']:,} nouns, {held['names']:,} names; a lexicon of {held['entries']:,} entries")
    for name in ("light10", "lexicon"):
        row = held[name]
        click.echo(
            f"  {name:8} same stem: noun forms {row['noun_forms_same_stem']} % of {row['noun_forms']:,}, name forms "
            f"{row['name_forms_same_stem']} % of {row['name_forms']:,}; nouns merged {row['nouns_merged']} %"
        )
        click.echo("           " + "  ".join(f"{p} {share}" for p, share in row["by_proclitic"].items()))
