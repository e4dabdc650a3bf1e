"""Other projects' feed documents: feedparser's own test files and the Feed Validator's cases."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workers.fetch.charset import decode

FEEDPARSER = "6.0.14"
CACHE = Path.home() / ".cache" / "rasid-bench"


@dataclass(frozen=True, slots=True)
class Document:
    """A feed document with the headers that it is to be served with, and the Python expression that its authors expect
    to hold over feedparser's answer."""

    name: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    expected: str = ""


def feedparser_tests(cache: Path = CACHE, *, fetch: bool = True) -> Path | None:
    """The folder of feedparser's test files, fetched by pip into `cache` once; None where it cannot be had."""
    folder = cache / f"feedparser-{FEEDPARSER}" / "tests"
    if folder.is_dir() or not fetch:
        return folder if folder.is_dir() else None
    cache.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    command += ["--no-build-isolation", "--dest", str(cache), f"feedparser=={FEEDPARSER}"]
    done = subprocess.run(  # noqa: S603 - a fixed command
        command, capture_output=True, text=True, timeout=300, check=False
    )
    archives = list(cache.glob("feedparser-*.tar.gz"))
    if done.returncode or not archives:
        return None
    with tarfile.open(archives[0]) as archive:
        archive.extractall(cache, filter="data")
    return folder if folder.is_dir() else None


def documents_of_feedparser(folder: Path) -> Iterator[Document]:
    """The test documents of feedparser that need no server."""
    for kind in ("wellformed", "illformed", "encoding", "entities"):
        for path in sorted((folder / kind).rglob("*.xml")):
            body = path.read_bytes()
            head = decode(body, None)[0][:3000]
            pairs = re.findall(r"Header:\s*([\w-]+):\s*(.+)", head)
            expected = re.search(r"Expect:\s*(.+)", head)
            headers = {name.lower(): value.strip() for name, value in pairs}
            yield Document(str(path.relative_to(folder)), body, headers, expected[1].strip() if expected else "")


def documents_of_archive(archive: Path) -> Iterator[Document]:
    """The feed documents of a tar archive, but KML's."""
    with tarfile.open(archive) as bundle:
        for member in bundle:
            if member.isfile() and member.name.endswith((".xml", ".rss", ".atom")) and "/kml" not in member.name:
                stream = bundle.extractfile(member)
                if stream is not None:
                    yield Document(member.name, stream.read())
