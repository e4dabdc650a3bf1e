"""`rasid tag`: the names in a text, found and linked."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from workers.cli.candidates import overlay_path
from workers.errors import Fault, UserError
from workers.model import Cleaned, Mention, Paragraph
from workers.settings import settings
from workers.tag.tagger import Tagger

COLOURS = {"person": "yellow", "organisation": "cyan", "place": "green", "event": "magenta"}


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: mentions, related, about.")
@click.option("--unknown", is_flag=True, help="Also names that the catalogue does not know, as tag.statistical: true.")
def command(file: str, as_json: bool, unknown: bool) -> None:
    """Print FILE (plain text; - reads standard input) with its names marked as [name → entity].

    With --json `start` and `end` are character offsets into FILE as read, end exclusive; `field` is always `text`.

    \b
    Example:
      echo 'وصل بلينكن إلى بيونغ يانغ' | rasid tag -
    """
    text = read_text(file)
    found = settings()
    choices = found.tag.model_copy(update={"statistical": found.tag.statistical or unknown})
    tagger = Tagger.load(found.config_dir, choices, overlay=overlay_path(found))
    tags = tagger.tag(Cleaned(title="", paragraphs=(Paragraph(text),)))
    if as_json:
        mentions = [_plain(mention) for mention in tags.mentions]
        answer = {"mentions": mentions, "related": tags.related, "about": tags.about}
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        click.echo(_marked(text, tags.mentions), nl=False)


def read_text(file: str) -> str:
    """The text of `file` or standard input as UTF-8, line ends as they are; raises `UserError`."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return raw.decode("utf-8")
    except OSError as error:
        raise UserError(Fault(file, f"cannot be read: {error.strerror}")) from None
    except UnicodeDecodeError as error:
        raise UserError(Fault(file, f"is not UTF-8 (byte {error.start})", "save it as UTF-8")) from None


def _plain(mention: Mention) -> dict[str, object]:
    return {
        "entity": mention.entity,
        "kind": mention.kind,
        "surface": mention.surface,
        "field": "text",
        "start": mention.start,
        "end": mention.end,
        "confidence": mention.confidence,
    }


def _marked(text: str, mentions: tuple[Mention, ...]) -> str:
    parts, done = [], 0
    for mention in mentions:
        colour = COLOURS.get(mention.kind, "white")
        mark = click.style(f"[{mention.surface} → {mention.entity or mention.kind}]", fg=colour)
        parts += [text[done : mention.start], mark]
        done = mention.end
    return "".join([*parts, text[done:]])
