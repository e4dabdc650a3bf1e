"""What is judged before any parser sees a feed's text: cut to what is read, refused where it would cost minutes. Pure.

Every expression here takes time linear in the text. How long the reading of what they let through may take is bounded
by `workers.poll.apart`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from workers.poll.recognise import Recognised
from workers.settings import PollSettings

_NOT_XML = re.compile("[^\t\n\r\x20-\x7e\x85\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_OPAQUE = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_ANY_TAG = re.compile(r"<(/?)[A-Za-z][^<>]*?(/?)>")
_UNENDED = re.compile(r"<[^<>]*(?=<)")
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{1000,}")
_ATTRIBUTE = re.compile(r"\s[\w:.-]+\s*=\s*[\"']")
_ENTITY = re.compile(r"""<!ENTITY\s+(?:%\s+)?[^\s>"']{1,200}\s+["']([^"']*)""", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?!#|(?:amp|lt|gt|quot|apos);)|%\w")
"""In an entity's value: another entity. Feeds declare characters (`<!ENTITY nbsp "&#160;">`), not texts of texts."""
MAX_ENTITY = 1000
"""Characters of an entity's value: 100,000 of them, used 90,000 times, are nine gigabytes."""
_END_OF_ITEM = re.compile(r"</(?:item|entry|url)\s*>", re.IGNORECASE)
_CLOSING = {"rss": "</channel></rss>", "atom": "</feed>", "rdf": "</rdf:RDF>", "sitemap": "</urlset>"}
MAX_UNENDED = 1000
"""Half a million of them cost the lenient parser more than five minutes."""
MAX_DEPTH = 5000
"""Half a million levels cost 11 seconds. Unclosed tags of HTML count as levels, so this is generous."""


def judged(found: Recognised, settings: PollSettings, problems: dict[str, int]) -> Recognised:
    """The feed with as much of its text as is read; or why its markup is not to be read."""
    if found.failure is not None:
        return found
    text = _bounded(found, settings.max_entries, problems)
    if found.format != "json" and (why := _too_complex(text, settings)):
        return Recognised("", "", "too_complex", why)
    return replace(found, text=text)


def _too_complex(text: str, settings: PollSettings) -> str:
    """What about the markup would cost a parser minutes, in words; "" where nothing does. CDATA is no markup."""
    markup = _OPAQUE.sub("", text)
    if any(len(found[1]) > MAX_ENTITY or _REFERENCE.search(found[1]) for found in _ENTITY.finditer(markup)):
        return "entities that grow when they are read (an entity bomb)"
    if markup.count("<") > settings.max_tags:
        return f"more than {settings.max_tags} tags in {settings.max_entries} entries"
    if any(len(_ATTRIBUTE.findall(tag[0])) > settings.max_attributes for tag in _LONG_TAG.finditer(markup)):
        return f"a tag with more than {settings.max_attributes} attributes"
    if sum(1 for _ in _UNENDED.finditer(markup)) > MAX_UNENDED:
        return f"more than {MAX_UNENDED} tags that do not end"
    depth = 0
    for tag in _ANY_TAG.finditer(markup):
        depth += -1 if tag[1] else 0 if tag[2] else 1
        if depth > MAX_DEPTH:
            return f"tags nested deeper than {MAX_DEPTH}"
    return ""


def _bounded(found: Recognised, most: int, problems: dict[str, int]) -> str:
    """The text without what XML forbids, cut after the `most`-th item."""
    text = _NOT_XML.sub("", found.text)
    if text.count("</") <= most or found.format == "json":
        return text
    for number, end in enumerate(_END_OF_ITEM.finditer(text), 1):
        if number == most and _END_OF_ITEM.search(text, end.end()):
            problems["too_many_entries"] = 1
            return text[: end.end()] + _CLOSING[found.format]
    return text
