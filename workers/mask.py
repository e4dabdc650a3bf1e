"""Secrets are never printed: what is written to logs, errors and reports passes through here.

Known are the secrets of this process (RASID_…PASSWORD, …TOKEN, …API_KEY, RASID_SECRET_…, each also as …_FILE, and what
settings.yaml holds against all advice) and whatever stands between `://` and `@` in an address.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from workers.errors import UserError
from workers.settings import Section, Settings, settings

MASK = "***"
_SHORTEST = 4
"""Letters; a shorter secret would blot out words, and protects nothing."""
_PIECE = 8
"""Letters of a part of a secret address that counts as a secret itself: services quote single tokens of it."""
_NAMES = re.compile(r"RASID_(SECRET_\w+|\w*(PASSWORD|TOKEN|API_KEY))")
_USER = re.compile(r"(?<=://)[^\s/@'\"<>]+@")


def mask(text: str) -> str:
    """`text` with every known secret as ***."""
    text = _USER.sub(f"{MASK}@", text)
    known = _known()
    return known.sub(MASK, text) if known is not None else text


@lru_cache(maxsize=1)
def _known() -> re.Pattern[str] | None:
    """All secrets of this process as one pattern, the longest first; read once, at the first line that is written."""
    with_settings: Settings | None = None
    with suppress(UserError, OSError):
        with_settings = settings()
    return pattern(secrets(os.environ, with_settings))


def pattern(values: Iterable[str]) -> re.Pattern[str] | None:
    """What finds `values` as they are, in JSON and in addresses."""
    forms = {form for value in values for form in (value, json.dumps(value)[1:-1], quote(value, safe=""))}
    usable = sorted((form for form in forms if len(form) >= _SHORTEST), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, usable))) if usable else None


def secrets(environ: Mapping[str, str], found: Settings | None) -> set[str]:
    """Every secret that the environment or the settings hold."""
    values = {value for name, text in environ.items() if (value := _of_variable(name, text))}
    values |= {piece for value in values for piece in re.split(r"[/:@?&=\s]+", value) if len(piece) >= _PIECE}
    for text in environ.values():
        values |= _passwords(text)
    if found is not None:
        for name in Settings.model_fields:
            section = getattr(found, name)
            for key in type(section).model_fields if isinstance(section, Section) else ():
                values |= _of_setting(getattr(section, key))
    return values


def _of_variable(name: str, text: str) -> str:
    if _NAMES.fullmatch(name.removesuffix("_FILE")) is None:
        return ""
    if not name.endswith("_FILE"):
        return text
    with suppress(OSError, UnicodeDecodeError):
        return Path(text).read_text("utf-8").strip()
    return ""


def _of_setting(value: object) -> set[str]:
    if isinstance(value, SecretStr):
        return {value.get_secret_value()}
    return _passwords(value) if isinstance(value, str) else set()


def _passwords(text: str) -> set[str]:
    """The password of an address."""
    with suppress(ValueError):
        if "://" in text and (password := urlsplit(text).password):
            return {password, unquote(password)}
    return set()
