"""Pages as they came over the wire, in WARC files (ISO 28500), gzip per record, so that any record can be read alone.

A file belongs to one process: its name carries the time and the process id, and none is ever continued by another.
A record is built in memory and written with one call, so a killed process leaves at most one broken record at the end
of its own file, and no position that points to it. Files turn at a size and at midnight UTC. What is known of a page
besides (the entry of its feed) follows it as a `metadata` record.
"""

from __future__ import annotations

import gzip
import io
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

MAX_FILE = 512 * 1024 * 1024
"""Bytes after which a new file is begun (the WARC guidelines advise about 1 GB)."""
_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_AS_SENT = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Headers of the transfer: kept as X-Archive-Orig-…, because the body is stored decoded."""


@dataclass(frozen=True, slots=True)
class Record:
    """One archived page."""

    position: str
    url: str
    status: int
    at: datetime
    headers: tuple[tuple[str, str], ...]
    body: bytes
    digest: str
    about: bytes = b""
    """What was known of the page when it was asked for (JSON of a `FeedEntry`); only `records` reads it."""

    @property
    def content_type(self) -> str | None:
        """What the server called the body, however it spelled the header's name."""
        return next((value for name, value in self.headers if name.lower() == "content-type"), None)


class WarcArchive:
    """Implements `ports.Archive` in a folder. Safe with several threads and processes."""

    def __init__(self, folder: Path, *, max_file: int = MAX_FILE) -> None:
        self._folder = folder
        self._max_file = max_file
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._name = ""
        self._day = ""
        self._owner = 0
        self._serial = 0

    def write(
        self,
        url: str,
        *,
        status: int,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        at: datetime,
        about: bytes = b"",
    ) -> str:
        """Append a response record; returns its position, `day/file.warc.gz:offset`. Raises OSError (disk full)."""
        data = _record_bytes(url, status, headers, body, at, about)
        with self._lock:
            file = self._current(at)
            offset = file.tell()
            file.write(data)
            file.flush()  # in the kernel's hands: a killed process loses nothing, a power cut the last seconds
            return f"{self._name}:{offset}"

    def read(self, position: str) -> tuple[str, Sequence[tuple[str, str]], bytes]:
        """The url, headers and body at `position`; raises LookupError where there is no record."""
        record = self.record(position)
        return record.url, record.headers, record.body

    def record(self, position: str) -> Record:
        """All of the record at `position`; raises LookupError."""
        name, _, offset = position.rpartition(":")
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()) or not path.is_file() or not offset.isdigit():
            raise LookupError(f"no archived page at {position}")
        with path.open("rb") as file:
            file.seek(int(offset))
            for found in _records(file, name):
                return found
        raise LookupError(f"no archived page at {position}")

    def records(self, *, since: datetime | None = None, after: str = "") -> Iterator[Record]:
        """All records in order of their files; a broken last record ends its file.

        `since`: only pages fetched then or later. `after`: only what comes after that position.
        """
        after_name, _, after_offset = after.rpartition(":")
        for path in sorted(self._folder.rglob("*.warc.gz")):
            name = str(path.relative_to(self._folder))
            if name < after_name or (since is not None and name < since.astimezone(UTC).strftime("%Y-%m-%d")):
                continue
            with path.open("rb") as file:
                if name == after_name:
                    file.seek(int(after_offset))
                for record in _records(file, name):
                    if record.position != after and (since is None or record.at >= since):
                        yield record

    def remove_before(self, moment: datetime) -> int:
        """Delete the files of whole days (UTC) before `moment`'s; how many days. Evidence goes with them."""
        last = moment.astimezone(UTC).strftime("%Y-%m-%d")
        old = [day for day in self._folder.glob(_DAY) if day.is_dir() and day.name < last]
        for day in old:
            for file in day.glob("*.warc.gz"):
                file.unlink()
            with suppress(OSError):  # something of somebody else's lies there
                day.rmdir()
        return len(old)

    def close(self) -> None:
        """Close the file that this process writes."""
        with self._lock:
            if self._file is not None and self._owner == os.getpid():
                self._file.close()
            self._file = None

    def _current(self, at: datetime) -> BinaryIO:
        day = at.astimezone(UTC).strftime("%Y-%m-%d")
        file = self._file
        if file is not None and self._owner == os.getpid() and day == self._day and file.tell() < self._max_file:
            return file
        if file is not None and self._owner == os.getpid():
            file.close()
        return self._begin(day)

    def _begin(self, day: str) -> BinaryIO:
        (self._folder / day).mkdir(parents=True, exist_ok=True)
        self._owner, self._day = os.getpid(), day
        while True:
            self._serial += 1
            stamp = datetime.now(UTC).strftime("%H%M%S")
            self._name = f"{day}/rasid-{stamp}-{socket.gethostname()}-{self._owner}-{self._serial:05}.warc.gz"
            try:
                self._file = (self._folder / self._name).open("xb")
            except FileExistsError:
                continue
            self._file.write(_info_bytes(self._name))
            return self._file


def _record_bytes(
    url: str, status: int, headers: Sequence[tuple[str, str]], body: bytes, at: datetime, about: bytes
) -> bytes:
    kept = [(f"X-Archive-Orig-{n}" if n.lower() in _AS_SENT else n, v) for n, v in headers]
    kept.append(("Content-Length", str(len(body))))
    head = StatusAndHeaders(f"{status} {'OK' if status == 200 else ''}".strip(), _writable(kept), protocol="HTTP/1.1")
    date = {"WARC-Date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=False)
    record = writer.create_warc_record(
        url, "response", payload=io.BytesIO(body), length=len(body), http_headers=head, warc_headers_dict=date
    )
    writer.write_record(record)
    data = _gzipped(buffer)
    if not about:
        return data
    told = {**date, "WARC-Concurrent-To": record.rec_headers.get_header("WARC-Record-ID")}
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=False)
    writer.write_record(
        writer.create_warc_record(
            url,
            "metadata",
            payload=io.BytesIO(about),
            length=len(about),
            warc_content_type="application/json",
            warc_headers_dict=told,
        )
    )
    return data + _gzipped(buffer)


def _gzipped(record: io.BytesIO) -> bytes:
    # warcio's own gzip is level 9: half as much time again as level 5, for a fiftieth less space on news pages.
    return gzip.compress(record.getvalue(), compresslevel=5, mtime=0)


def _writable(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value.replace("\r", " ").replace("\n", " ")) for name, value in headers]


def _info_bytes(name: str) -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)
    fields = {"software": "Rasid", "format": "WARC File Format 1.0", "description": "news pages, bodies decoded"}
    writer.write_record(writer.create_warcinfo_record(name.rpartition("/")[2], fields))
    return buffer.getvalue()


def _records(file: BinaryIO, name: str) -> Iterator[Record]:
    """The whole pages from the file's position on; a broken record ends it (the last one of a killed process)."""
    pages = ArchiveIterator(file)
    held: Record | None = None  # what is told of a page comes after it
    try:
        for raw in pages:
            if raw.rec_type == "metadata" and held is not None:
                held = replace(held, about=raw.content_stream().read())
            if raw.rec_type != "response":
                continue
            if held is not None:
                yield held
                held = None
            body = raw.content_stream().read()
            if raw.http_headers is None or len(body) != int(raw.http_headers.get_header("Content-Length") or -1):
                return
            held = _record(raw, body, f"{name}:{pages.get_record_offset()}")  # asking for the offset reads to the end
    except (ArchiveLoadFailed, EOFError, OSError):
        pass  # a page that is whole is told all the same
    if held is not None:
        yield held


def _record(raw: ArcWarcRecord, body: bytes, position: str) -> Record:
    return Record(
        position=position,
        url=str(raw.rec_headers.get_header("WARC-Target-URI")),
        status=int(raw.http_headers.get_statuscode() or 0),
        at=datetime.fromisoformat(str(raw.rec_headers.get_header("WARC-Date"))),
        headers=tuple(raw.http_headers.headers),
        body=body,
        digest=str(raw.rec_headers.get_header("WARC-Payload-Digest") or ""),
    )
