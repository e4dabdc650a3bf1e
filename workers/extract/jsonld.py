"""JSON-LD of an article page: the node that describes the article, read tolerantly."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.html import HtmlElement

_OPENING = re.compile(r"\s*(?://)?\s*(?:<!\[CDATA\[|<!--)")
_ARTICLES = frozenset(
    ("newsarticle", "article", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle", "blogposting",
     "liveblogposting", "report", "backgroundnewsarticle", "reviewnewsarticle", "socialmediaposting")
)  # fmt: skip
_LISTS = frozenset(("collectionpage", "itemlist", "searchresultspage"))
_MAX_NODES = 2000
_DECODER = json.JSONDecoder(strict=False)


def read(tree: HtmlElement) -> tuple[Mapping[str, Any], bool]:
    """The node of the page's article, or {}; and whether the page calls itself a list and holds no article.

    Where several nodes describe the article, the later fill what the first lacks.
    """
    merged: dict[str, Any] = {}
    kinds: set[str] = set()
    for node in _nodes(tree):
        own = types(node)
        kinds |= own
        if own & _ARTICLES:
            merged = {**{key: value for key, value in node.items() if value}, **merged}
    return merged, bool(kinds & _LISTS) and not kinds & _ARTICLES


def types(node: Mapping[str, Any]) -> set[str]:
    """The node's types, lower case, without a vocabulary's address."""
    value = node.get("@type") or ()
    return {str(t).rsplit("/", 1)[-1].lower() for t in (value if isinstance(value, list) else [value])}


def text(value: Any) -> str:
    """A JSON-LD string as plain text: entities resolved (some writers escape twice), one line."""
    return " ".join(html.unescape(html.unescape(value)).split()) if isinstance(value, str) else ""


def names(value: Any) -> list[str]:
    """The names in an `author` value: a string, a node, or a list of them; organisations are left out."""
    if isinstance(value, list):
        return [name for item in value[:8] for name in names(item)]
    if isinstance(value, dict):
        if types(value) & {"organization", "newsmediaorganization"}:
            return []
        return names(value.get("name"))
    found = text(value)
    return [found] if found else []


def _nodes(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    scripts = (s for s in tree.iter("script") if (s.get("type") or "").strip().lower() == "application/ld+json")
    stack: list[Any] = [_load(script.text) for script in scripts if script.text]
    stack.reverse()
    for _ in range(_MAX_NODES):
        if not stack:
            return
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            yield value
            stack += [value[key] for key in ("mainEntity", "@graph") if isinstance(value.get(key), (list, dict))]


def _load(raw: str) -> Any:
    """The script's value; what stands after it (an end of CDATA, a stray semicolon) is not looked at."""
    wrapped = _OPENING.match(raw)
    try:
        return _DECODER.raw_decode(raw[wrapped.end() :].lstrip() if wrapped else raw.lstrip())[0]
    except (ValueError, RecursionError):
        return None
