"""The index's settings and mapping: config/elasticsearch/article.json with the analysis generated into it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from workers.arabic.analysis import Analyzer
from workers.errors import Fault, UserError
from workers.index.analysis import analysis_settings

Json = dict[str, Any]


def index_body(
    config_dir: Path,
    analyzer: Analyzer,
    *,
    in_file: bool = False,
    synonyms: Sequence[str] = (),
) -> Json:
    """The body of `PUT <index>`; `_meta` carries what a worker compares before it writes.

    `in_file`: the lexicon lies on every node, instead of inside the settings.
    """
    body = read_body(config_dir, "article")
    body["settings"]["analysis"] = analysis_settings(
        analyzer, lexicon="file" if in_file else "inline", synonyms=synonyms
    )
    body["mappings"]["_meta"]["lexicon"] = analyzer.name
    return body


def read_body(config_dir: Path, name: str) -> Json:
    """Settings and mapping of config/elasticsearch/`name`.json; raises `UserError` with file and line."""
    path = config_dir / "elasticsearch" / f"{name}.json"
    try:
        body: Json = orjson.loads(path.read_bytes())
    except OSError as error:
        raise UserError(Fault(str(path), f"cannot be read: {error.strerror}")) from None
    except orjson.JSONDecodeError as error:
        raise UserError(Fault(f"{path}:{error.lineno}", f"is not valid JSON: {error.msg}")) from None
    return body
