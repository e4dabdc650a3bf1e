"""A message as mail HTML, simple HTML, plain text and JSON. Each escapes for itself; Arabic runs from right to left.

Text of others (titles, names, queries) is isolated, so that a Latin name or a number does not turn the line around:
`<bdi>` in HTML, RIGHT-TO-LEFT or FIRST STRONG ISOLATE … POP DIRECTIONAL ISOLATE in plain text, whose lines begin with
a RIGHT-TO-LEFT MARK.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from workers.alert.message import Item, Message
from workers.errors import Fault, UserError
from workers.search.highlight import CLOSE, OPEN
from workers.settings import read_yaml

RLM, RLI, FSI, PDI = "\u200f", "\u2067", "\u2068", "\u2069"
_LABELS = frozenset(
    {"urgent", "outlet", "agency", "published", "first_seen", "rule", "query", "why"}
    | {"article", "page", "kibana", "gathered", "follow", "more", "others", "silent", "deleted", "was", "now"}
)
MOST_NAMES = 8
"""Outlets that are named in one line; of more the number is told."""
_MARK = Markup('<mark style="background:#fde68a;color:inherit">{}</mark>')


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of messages (config/messages.yaml)."""

    language: str
    direction: str
    labels: dict[str, str]


def load_wording(config_dir: Path) -> Wording:
    """Read config/messages.yaml; raises `UserError` when a label is missing or unknown."""
    document = read_yaml(config_dir / "messages.yaml")
    value = document.value if isinstance(document.value, dict) else {}
    written = value.get("labels")
    labels: dict[str, str] = written if isinstance(written, dict) else {}
    faults = [
        Fault(document.place(("labels",)), f"the label {name} is missing") for name in sorted(_LABELS - set(labels))
    ]
    faults += [
        Fault(document.place(("labels", name)), f"{name}: no such label") for name in sorted(set(labels) - _LABELS)
    ]
    if faults:
        raise UserError(faults)
    return Wording(str(value.get("language", "ar")), str(value.get("direction", "rtl")), dict(labels))


def subject(message: Message, wording: Wording) -> str:
    """One line: the rule, then the headline."""
    urgent = f"{wording.labels['urgent']}: " if message.severity == "high" else ""
    title = message.items[0].title if message.items else ""
    more = f" (+{message.count - 1})" if message.count > 1 else ""
    return f"{urgent}[{message.name}] {title}{more}"[:240]


def html(message: Message, wording: Wording) -> str:
    """The whole page for mail."""
    template = _ENVIRONMENT.get_template("alert.html.j2")
    return template.render(message=message, words=wording, label=wording.labels, subject=subject(message, wording))


def simple_html(message: Message, wording: Wording) -> str:
    """HTML of bold, links and line breaks only, as Telegram takes it."""
    label = wording.labels
    lines = [Markup("<b>{}</b>").format(_isolated(_heading(message, wording)))]
    for item in message.items:
        title = _isolated(item.title)
        lines.append(Markup('<a href="{}">{}</a>').format(item.url, title) if item.url else escape(title))
        lines.append(escape(_source(item, wording)))
        lines += [_with_marks(_isolated(sentence), Markup("<b>{}</b>")) for sentence in _sentences(item)]
        lines += [_with_marks(line, Markup("<b>{}</b>")) for line in _facts(item, wording)]
        lines += [Markup('<a href="{}">{}</a>').format(address, label[name]) for name, address in item.links]
    lines += [escape(line) for line in _ending(message, wording)]
    return "<br/>\n".join(RLM + str(line) for line in lines)


def plain(message: Message, wording: Wording) -> str:
    """Plain text; matched words between asterisks."""
    lines = [_heading(message, wording)]
    for item in message.items:
        lines += ["", _isolated(item.title), _source(item, wording)]
        said = [*map(_isolated, _sentences(item)), *_facts(item, wording)]
        lines += [line.replace(OPEN, "*").replace(CLOSE, "*") for line in said]
        lines += [f"{wording.labels['article']}: {_isolated(item.url)}"] if item.url else []
        lines += [f"{wording.labels[name]}: {_isolated(address)}" for name, address in item.links]
    lines += ["", *_ending(message, wording)]
    return "\n".join(RLM + line if line else "" for line in lines)


def as_json(message: Message, *, id_: str, delivery_id: str, at: datetime) -> dict[str, Any]:
    """What a webhook and a file get. Matched words stand between U+0002 and U+0003."""
    return {
        "id": id_,
        "delivery_id": delivery_id,
        "at": at.isoformat(),
        "kind": message.kind,
        "rule": message.rule,
        "name": message.name,
        "query": message.query,
        "severity": message.severity,
        "count": message.count,
        "outlets": message.asked,
        "silent": list(message.silent),
        "articles": [
            {
                "id": item.article,
                "title": item.title,
                "url": item.url,
                "outlet": item.outlet,
                "agency": item.agency,
                item.time_label: item.time,
                "reason": item.reason,
                "highlights": list(item.sentences),
                "links": dict(item.links),
                "others": list(item.others),
                "edits": [{"old": old, "new": new} for old, new in item.edits],
                "deleted": item.deleted,
            }
            for item in message.items
        ],
    }


# --- parts -------------------------------------------------------------------------------------------------------


def _heading(message: Message, wording: Wording) -> str:
    label = wording.labels
    urgent = f"{label['urgent']} · " if message.severity == "high" else ""
    number = f" · {label[message.kind]}: {message.count}" if message.kind != "alert" else ""
    return f"{urgent}{label['rule']}: {_isolated(message.name)}{number}"


def _source(item: Item, wording: Wording) -> str:
    label = wording.labels
    parts = [f"{label['outlet']}: {_isolated(item.outlet)}"]
    if item.agency:
        parts.append(f"{label['agency']}: {_isolated(item.agency)}")
    if item.time:
        parts.append(f"{label[item.time_label]}: {_isolated(item.time)}")
    return " · ".join(parts)


def _sentences(item: Item) -> tuple[str, ...]:
    return ((item.reason,) if item.reason else ()) + item.sentences


def _facts(item: Item, wording: Wording) -> list[str]:
    """What became of the article, and who else carries it; each a line, marks inside."""
    label = wording.labels
    lines = [f"{label['deleted']}: {_isolated(item.deleted)}"] if item.deleted else []
    for old, new in item.edits:
        lines += [f"{label[name]}: {_isolated(text)}" for name, text in (("was", old), ("now", new)) if text]
    if item.others:
        lines.append(f"{label['others']}: {_listed(item.others)}")
    return lines


def _listed(names: tuple[str, ...]) -> str:
    more = f" (+{len(names) - MOST_NAMES})" if len(names) > MOST_NAMES else ""
    return "\u060c ".join(_isolated(name) for name in names[:MOST_NAMES]) + more


def _ending(message: Message, wording: Wording) -> list[str]:
    label = wording.labels
    lines = [f"{label['more']}: {message.left_out}"] if message.left_out else []
    lines.append(f"{label['why']}: {_isolated(message.query)}")
    if message.silent:
        lines.append(f"{label['silent']}: {len(message.silent)}/{message.asked} ({_listed(message.silent)})")
    return lines


def _isolated(text: str) -> str:
    return f"{RLI if direction(text) == 'rtl' else FSI}{text}{PDI}"


def direction(text: str) -> str:
    """`rtl` for text with Arabic in it: a headline that begins with a Latin name still runs from right to left."""
    return "rtl" if any(unicodedata.bidirectional(char) == "AL" for char in text) else "auto"


def _with_marks(text: str, mark: Markup) -> Markup:
    """`text` escaped, its matched words put into `mark`."""
    before, *rest = text.split(OPEN)
    parts = [escape(before)]
    for piece in rest:
        inside, _, after = piece.partition(CLOSE)
        parts += [mark.format(inside), escape(after)]
    return Markup("").join(parts)


_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
)
_ENVIRONMENT.filters["direction"] = direction
_ENVIRONMENT.globals["most_names"] = MOST_NAMES
_ENVIRONMENT.filters["marked"] = lambda text: _with_marks(text, _MARK)
