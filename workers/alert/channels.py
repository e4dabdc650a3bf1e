"""Channels: where alerts go. A mapping of config/alerts.yaml becomes a `Channel`, or a fault.

Secrets are named, never written: `${RASID_SECRET_…}` in a `url`, or `secret: RASID_SECRET_…` for a webhook's signature;
they are read from the environment when a message is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workers.errors import Fault, Quarantine, UserError

SECRET = re.compile(r"\$\{(RASID_SECRET_[A-Z0-9_]+)\}")
_OWN_WEBHOOKS = ("json", "jsons", "xml", "xmls", "form", "forms", "http", "https")
"""Apprise's own custom webhooks: they would bypass the guarded client and carry no signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One destination. `target`: a file's path under the data folder, an Apprise address or a webhook's address."""

    name: str
    kind: Literal["log", "file", "webhook", "apprise"]
    target: str = ""
    secret: str = ""
    """The environment variable that holds the webhook's signing key."""
    repeat: bool = True
    """Whether to send again when a sender died between sending and noting it; only receivers that know the
    idempotency key can tell the repeat. False: such a message becomes a dead letter instead."""


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["log", "file", "webhook", "apprise"]
    path: str = ""
    url: str = ""
    secret: str = Field(default="", pattern=r"^(RASID_SECRET_[A-Z0-9_]+)?$")
    repeat: bool = True

    @model_validator(mode="after")
    def _fits(self) -> _Spec:
        match self.kind:
            case "file" if not self.path or self.path.startswith("/") or ".." in self.path.split("/"):
                raise ValueError("a file channel needs a `path` inside the data folder")
            case "webhook" if urlsplit(SECRET.sub("x", self.url)).scheme not in {"http", "https"}:
                raise ValueError("a webhook needs a `url` that begins with https:// or http://")
            case "webhook" if not self.secret:
                raise ValueError("a webhook needs `secret`: the RASID_SECRET_… variable that holds its signing key")
            case "apprise" if "://" not in self.url and not SECRET.fullmatch(self.url):
                raise ValueError("an apprise channel needs a `url` such as mailtos://… or ${RASID_SECRET_…}")
            case "apprise" if self.url.partition("://")[0].lower() in _OWN_WEBHOOKS:
                raise ValueError("write `kind: webhook`: it is signed and goes through the guarded client")
        return self


def channel_from(name: str, value: Any, place: str) -> Channel:
    """The channel that `value` describes; raises `UserError` with every fault."""
    if not isinstance(value, Mapping):
        raise UserError(Fault(place, f"channel {name} must be a mapping", "kind: log, file, webhook or apprise"))
    try:
        spec = _Spec.model_validate(dict(value))
    except ValidationError as error:
        raise UserError([_fault(name, item, place) for item in error.errors()]) from None
    target = spec.path if spec.kind == "file" else spec.url
    return Channel(name=name, kind=spec.kind, target=target, secret=spec.secret, repeat=spec.repeat)


def _fault(name: str, item: Any, place: str) -> Fault:
    key = ".".join(["channels", name, *(str(part) for part in item["loc"])])
    if item["type"] == "extra_forbidden":
        return Fault(place, f"{key}: no such field", f"the fields are {', '.join(_Spec.model_fields)}")
    return Fault(place, f"{key}: {item['msg'].removeprefix('Value error, ')}")


def with_secrets(text: str, environ: Mapping[str, str]) -> str:
    """`text` with each `${RASID_SECRET_…}` replaced; raises `Quarantine` naming the variable that is not set."""

    def value(found: re.Match[str]) -> str:
        return secret(found[1], environ)

    return SECRET.sub(value, text)


def secret(name: str, environ: Mapping[str, str]) -> str:
    """The value of the variable `name`, or of the file that `<name>_FILE` names; raises `Quarantine` without either."""
    if found := environ.get(name):
        return found
    if file := environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_text("utf-8").strip()
        except OSError as error:
            raise Quarantine(f"the file of the secret {name} cannot be read: {error.strerror}") from None
    raise Quarantine(f"the secret {name} is not set")
