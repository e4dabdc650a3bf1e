"""Redis keys as lines of JSON and back: portable between servers and prefixes, unlike the server's own DUMP.

A line: `{"key": …, "type": …, "expires": ms or null, "value": …}`, the key without its prefix, every value's bytes in
base64. Each key is read at one moment; two keys may be a moment apart.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

import redis

_SCAN = 1000
_PIECE = 500


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def matching(client: redis.Redis, prefix: str, patterns: Iterable[str]) -> Iterator[str]:
    """The keys (without prefix) that fit one of `patterns`, Redis globs like `rules` or `alert:*`."""
    reader: Any = client
    start = len(prefix) + 1
    escaped = re.sub(r"([*?\[\]\\])", r"\\\1", prefix)
    for pattern in patterns:
        found = {key.decode()[start:] for key in reader.scan_iter(match=f"{escaped}:{pattern}", count=_SCAN)}
        yield from sorted(found)


def lines(client: redis.Redis, prefix: str, keys: Iterable[str]) -> Iterator[str]:
    """Each of `keys` as a line; those that are gone meanwhile are left out."""
    for key in keys:
        found = _read(client, f"{prefix}:{key}")
        if found is not None:
            kind, expires, value = found
            yield json.dumps({"key": key, "type": kind, "expires": expires, "value": value}, ensure_ascii=True)


def _read(client: Any, key: str) -> tuple[str, int | None, Any] | None:
    kind = client.type(key).decode()
    readers: dict[str, tuple[Any, ...]] = {"string": ("get",), "hash": ("hgetall",), "set": ("smembers",)}
    readers |= {"list": ("lrange", 0, -1), "zset": ("zrange", 0, -1, False, True)}
    if kind not in readers:
        return None
    command, *arguments = readers[kind]
    with client.pipeline(transaction=True) as pipe:
        getattr(pipe, command)(key, *arguments)
        pipe.pttl(key)
        value, left = pipe.execute()
    if value is None or (kind != "string" and not value):
        return None
    return kind, int(time.time() * 1000) + left if left > 0 else None, _plain(kind, value)


def _plain(kind: str, value: Any) -> Any:
    match kind:
        case "string":
            return _text(value)
        case "hash":
            return {_text(name): _text(item) for name, item in value.items()}
        case "zset":
            return [[_text(member), score] for member, score in value]
        case _:
            return [_text(item) for item in (sorted(value) if kind == "set" else value)]


def restore(client: redis.Redis, prefix: str, written: Iterable[str]) -> int:
    """Write what `lines` read, each key whole, in place of what is there; how many keys. Safe to repeat."""
    number = 0
    for line in written:
        found = json.loads(line)
        if found["expires"] is None or found["expires"] > time.time() * 1000:
            _write(client, f"{prefix}:{found['key']}", found)
            number += 1
    return number


def _write(client: Any, key: str, found: dict[str, Any]) -> None:
    kind, value = found["type"], found["value"]
    with client.pipeline(transaction=True) as pipe:
        pipe.delete(key)
        if kind == "string":
            pipe.set(key, _raw(value))
        elif kind == "hash":
            for piece in _pieces(list(value.items())):
                pipe.hset(key, mapping={_raw(name): _raw(item) for name, item in piece})
        elif kind == "zset":
            for piece in _pieces(value):
                pipe.zadd(key, {_raw(member): score for member, score in piece})
        else:
            for piece in _pieces(value):
                (pipe.rpush if kind == "list" else pipe.sadd)(key, *(_raw(item) for item in piece))
        if found["expires"] is not None:
            pipe.pexpireat(key, found["expires"])
        pipe.execute()


def _pieces(items: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), _PIECE):
        yield items[start : start + _PIECE]
