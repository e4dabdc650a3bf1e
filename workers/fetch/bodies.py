"""Bodies put together under a cap, gzip in bounded steps: a kilobyte of it can hold a megabyte. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from workers.fetch.guard import FetchError


def joined(pieces: Iterator[bytes], most: int) -> bytes:
    """The pieces as one body; raises `FetchError` above `most` bytes."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most:
            raise FetchError("too_large", f"the body has more than {most} bytes")
    return bytes(body)


def gunzipped(pieces: Iterator[bytes], most: int) -> bytes:
    """Members one after the other, never more than `most` bytes in memory. A body that is not gzip is taken as sent."""
    body = bytearray()
    member = zlib.decompressobj(31)
    first = True
    for piece in pieces:
        if first and not piece.startswith(b"\x1f\x8b"):
            return piece + joined(pieces, most - len(piece))
        first = False
        member = _inflate(member, piece, body, most)
    if not first and not member.eof and body:
        raise FetchError("protocol", "the gzip stream ends early")
    return bytes(body)


def _inflate(member: Any, piece: bytes, body: bytearray, most: int) -> Any:
    while piece:
        if member.eof:
            if not piece.startswith(b"\x1f\x8b"):  # padding after the last member
                break
            member = zlib.decompressobj(31)
        try:
            body += member.decompress(piece, most + 1 - len(body))
        except zlib.error as error:
            raise FetchError("bad_encoding", f"broken gzip: {error}") from None
        if len(body) > most:
            raise FetchError("bomb", f"gzip grows to more than {most} bytes")
        piece = member.unused_data if member.eof else member.unconsumed_tail
    return member
