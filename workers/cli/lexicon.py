"""`rasid lexicon`: build the analysis's word list anew from texts."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import click
import orjson

from workers.arabic import lexicon
from workers.arabic.analysis import LEXICON, read_lexicon, read_words
from workers.arabic.counts import count
from workers.arabic.tokens import tokenize
from workers.errors import Fault, UserError
from workers.settings import config_dir
from workers.tag.catalogue import Catalogue

_COMMENT = """Words whose stem light10 would get wrong: `word, word => stem`, in folded form. Statistics, no text.
Read by workers.arabic.analysis and by Elasticsearch (stemmer_override). Built by `rasid lexicon build` from {texts:,}
texts, {words:,} words of which stand in {floor} or more. A change changes what an index holds: give it a new name."""

_GROWN = "The catalogue's names of one word were added by `rasid lexicon names`."


@click.group()
def command() -> None:
    """The lexicon of clitics and inflections that searching rests on (config/arabic)."""


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path), help="Where to write; default: the lexicon in use.")
@click.option("--floor", default=lexicon.FLOOR, show_default=True, help="Texts a word must stand in.")
@click.option("--productive", default=lexicon.PRODUCTIVE, show_default=True, help="Texts for unseen forms.")
def build(files: tuple[Path, ...], out: Path | None, floor: int, productive: int) -> None:
    """Count the words of FILES and write the lexicon. Names come from config/entities, exceptions from config/arabic.

    FILES are .jsonl (objects with `title` and `text`) or .txt (texts parted by a blank line), also gzipped. An index
    must be rebuilt after a change (`rasid index migrate`), because it holds the old stems.

    \b
    Example:
      rasid lexicon build corpus.txt.gz articles.jsonl.gz --out config/arabic/ar_lex_v2.txt
    """
    folder = config_dir() / "arabic"
    texts = [text for path in files for text in read_texts(path)]
    counts = count(texts)
    built = lexicon.build(
        counts,
        stop_words=frozenset(read_words(folder / "stop_words.txt")),
        fixed=fixed_words(folder),
        names=name_words(folder.parent / "entities"),
        floor=floor,
        productive=productive,
    )
    target = out or folder / f"{LEXICON}.txt"
    words = sum(number >= floor for number in counts.texts.values())
    lexicon.write(target, built, comment=_COMMENT.format(texts=len(texts), words=words, floor=floor))
    click.echo(f"{target}: {len(built):,} entries from {len(texts):,} texts, {target.stat().st_size:,} bytes")


@command.command()
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The new file; a new name for a new lexicon."
)
def names(out: Path) -> None:
    """Add the names of one word of config/entities to the lexicon in use, and write it to --out. No texts are needed.

    Worth it after the catalogue has grown. Then name the file in workers/arabic/analysis.py and migrate the index.

    \b
    Example:
      rasid lexicon names --out config/arabic/ar_lex_v2.txt
    """
    folder = config_dir() / "arabic"
    old = folder / f"{LEXICON}.txt"
    grown = lexicon.with_names(
        known := read_lexicon(old),
        single_names(folder.parent / "entities"),
        stop_words=frozenset(read_words(folder / "stop_words.txt")),
    )
    head = [line[2:] for line in old.read_text("utf-8").splitlines() if line.startswith("# ")]
    lexicon.write(out, grown, comment="\n".join(dict.fromkeys([*head, _GROWN])))
    click.echo(f"{out}: {len(grown):,} entries, {len(grown) - len(known):,} of them new, {out.stat().st_size:,} bytes")


def fixed_words(folder: Path) -> dict[str, str]:
    """Where the rules of the build err, and the plurals that no rule sees: exact form → base."""
    return {**lexicon.read_fixed(folder / "broken_plurals.txt"), **lexicon.read_fixed(folder / "fixed_words.txt")}


def single_names(folder: Path) -> list[str]:
    """The catalogue's names of one word, in exact form."""
    found = (tokenize(name) for entity in Catalogue.load(folder) for name in (entity.name, *entity.aliases))
    return sorted({words[0].key for words in found if len(words) == 1})


def name_words(folder: Path) -> list[str]:
    """The words of the entity catalogue's names, in exact form: four letters and more."""
    names = (name for entity in Catalogue.load(folder) for name in (entity.name, *entity.aliases))
    return sorted({token.key for name in names for token in tokenize(name) if len(token.key) > 3})


def read_texts(path: Path) -> Iterator[str]:
    """The texts of one file of the forms that `build` takes; raises `UserError`."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        content = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise UserError(Fault(str(path), f"cannot be read: {error}", "UTF-8 text, gzipped or not")) from None
    if ".jsonl" not in path.name:
        yield from filter(None, (text.strip() for text in content.split("\n\n")))
        return
    for number, line in enumerate(content.splitlines(), 1):
        try:
            document = orjson.loads(line)
            yield f"{document['title']}\n{document['text']}"
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise UserError(Fault(f"{path}:{number}", f"is not an object with title and text: {error}")) from None
