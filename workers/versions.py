"""Which rules made an article: two short hashes, `<text>.<names>`, of everything that decides what it becomes.

Another first part may mean another text, another second part other names in the same text: what each way of re-making
(`workers.remake`) looks at to know what it has done already.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from workers import __version__
from workers.settings import Settings
from workers.tag.overlay import FILE, stamp

_TEXT = ("boilerplate.yaml", "agencies.yaml", "blocked.yaml", "arabic")
_NAMES = ("entities", "arabic")


def rules_version(config: Settings) -> str:
    """The version of the rules as they stand."""
    return _version(config, stamp(config.data / FILE))


@cache
def _version(config: Settings, _stamp: tuple[int, int] | None) -> str:
    return f"{text_version(config)}.{names_version(config)}"


def text_version(config: Settings) -> str:
    """The rules of extraction and cleaning, 8 hex digits."""
    return _hash(
        [config.config_dir / name for name in _TEXT], config.extract.model_dump_json(), config.clean.model_dump_json()
    )


def names_version(config: Settings) -> str:
    """The catalogue of names and how it is applied, 8 hex digits."""
    places = [*(config.config_dir / name for name in _NAMES), config.data / FILE]
    return _hash(places, config.tag.model_dump_json())


def _hash(places: list[Path], *settings: str) -> str:
    digest = hashlib.sha256(__version__.encode())
    for text in settings:
        digest.update(b"\0" + text.encode())
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file():
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:8]
