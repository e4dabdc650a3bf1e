"""The article in the data that a page's own scripts draw it from: for shells that hold no text of their own.

Frameworks print the state of a page as JSON (Next.js `__NEXT_DATA__`, `application/json` scripts, `window.__STATE__ =
{…}`). An article there is an object with the page's title and, in it or right under it, a long text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from workers.extract import titles

_STATE = re.compile(r"(?:window|self|globalThis)\.[\w$]{3,40}\s*=\s*(?=[\[{])")
_TEXT_KEYS = re.compile(
    r"body|content|text|html|story|detail|article|paragraph|value|description|elements|blocks", re.IGNORECASE
)
_TITLE_KEYS = frozenset(("title", "headline", "name", "articletitle", "newstitle", "posttitle"))
_LONG = 200
"""Characters of a text that may be an article's."""
_MOST_NODES = 20_000
_MOST = 3_000_000
"""Characters of a script that is read."""
_DEEP = 4
"""Levels below the object with the title at which its text may stand (lists of blocks)."""
_AGREES = 0.6


def scripts(tree: HtmlElement) -> tuple[str, ...]:
    """The texts of the page's data scripts; asked before scripts are dropped."""
    found = []
    for script in tree.iter("script"):
        kind = (script.get("type") or "").lower()
        if script.get("id") == "__NEXT_DATA__" or kind == "application/json":
            found.append(script.text or "")
        elif (
            not kind.startswith("application") and not script.get("src") and "= {" in (text := script.text or "")[:200]
        ):
            found.append(text)
    return tuple(text for text in found if _LONG < len(text) <= _MOST)


def article_text(raw: tuple[str, ...], title: str) -> str:
    """The longest text (perhaps HTML) of an object that carries `title`; empty when there is none."""
    texts = (_longest(node, _DEEP) for script in raw for node in _objects(_load(script)) if _has_title(node, title))
    return max(texts, key=len, default="")


def _load(script: str) -> Any:
    start = _STATE.search(script[:400])
    try:
        return json.JSONDecoder(strict=False).raw_decode(script.lstrip() if start is None else script[start.end() :])[0]
    except (ValueError, RecursionError):
        return None


def _objects(root: Any) -> Iterator[dict[str, Any]]:
    stack = [root]
    for _ in range(_MOST_NODES):
        if not stack:
            return
        value = stack.pop()
        if isinstance(value, dict):
            yield value
            stack.extend(v for v in value.values() if isinstance(v, (dict, list)))
        elif isinstance(value, list):
            stack.extend(v for v in value if isinstance(v, (dict, list)))


def _has_title(node: dict[str, Any], title: str) -> bool:
    told = (value for key, value in node.items() if key.lower() in _TITLE_KEYS and isinstance(value, str))
    return any(titles.overlap(text, title) >= _AGREES and titles.overlap(title, text) >= _AGREES for text in told)


def _longest(value: Any, levels: int) -> str:
    """The longest text under `value`; the texts of a list of blocks are one text."""
    if isinstance(value, str):
        return value
    if levels == 0:
        return ""
    if isinstance(value, list):
        parts = [part for item in value if (part := _longest(item, levels - 1))]
        return "\n".join(parts)
    if isinstance(value, dict):
        texts = (_longest(v, levels - 1) for k, v in value.items() if _TEXT_KEYS.search(k))
        return max(texts, key=len, default="")
    return ""
