"""`rasid backup` and `rasid restore`: everything that cannot be had again from the outside, in one portable file.

In it: the configuration's own files, feeds and what polling learned of them, alert rules and their state, alert history
with the marks that keep an alert from being sent twice, rulings on boilerplate and on names, past revisions of
articles, and what is in quarantine with its evidence. Not in it: articles (in the index; `rasid index rebuild` makes
them again), pages (the archive folder is copied as files), the flow's queues, what the feeds say again.

The file is a ZIP: `manifest.json` (format, versions, a SHA-256 of each part), `redis.jsonl` (`store.dump`), `config/…`.
It is written beside its place and moved there when whole. A restore checks all of it before it writes any of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from workers import __version__
from workers.alert.live import RuleStore
from workers.errors import Fault, UserError
from workers.store import dump
from workers.store.schema import SCHEMA
from workers.tag import overlay
from workers.wiring import Parts

FORMAT = 1
"""Of the file; grows when an older Rasid could not read it."""
MAX_PART = 4 * 1024**3
"""Bytes of one part unpacked: a file that claims more was not made by `backup`."""

KEYS = (
    *("feeds", "feeds:removed", "feedstate", "feedlog:*", "due:feeds"),
    *("rules", "rules:*", "snooze:*", "throttle:*", "memory:*"),
    *("alert:*", "alerts:*", "members:*", "fired:*", "breaker:*", "breakers"),
    *("lines:*:ruling", "lines:outlets"),
    *("rev:*", "looks", "push:*"),
    *("quarantine", "latency", "meters", "audit"),
)
"""Keys by Redis glob, without prefix. Rows, trails and payloads of quarantined entries come with them (`_jailed`)."""
_CONFIG = ("*.yaml", "entities/*.yaml", "entities/*.txt", "arabic/*.txt", "elasticsearch/*.json", "kibana/*.ndjson")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    made_at: str
    rasid: str
    schema: int
    keys: int
    parts: dict[str, str] = field(default_factory=dict)
    """Name of a part → SHA-256 of its bytes."""


# --- writing -----------------------------------------------------------------------------------------------------


def backup(parts: Parts, target: Path) -> Manifest:
    """Write everything to `target`, atomically, readable by its owner only. An older file there is replaced."""
    folder = target.absolute().parent
    if not folder.is_dir():
        raise UserError(Fault(str(target), "the folder does not exist"))
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{target.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "w+b") as file:
            manifest = _write(parts, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return manifest


def _write(parts: Parts, file: IO[bytes]) -> Manifest:
    sums: dict[str, str] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        with bundle.open("redis.jsonl", "w", force_zip64=True) as sink:
            sums["redis.jsonl"], number = _write_lines(parts, sink)
        for name, path in _files(parts):
            raw = path.read_bytes()
            bundle.writestr(name, raw)
            sums[name] = hashlib.sha256(raw).hexdigest()
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(FORMAT, made_at, __version__, SCHEMA, number, sums)
        bundle.writestr("manifest.json", json.dumps(_plain(manifest), indent=1))
    return manifest


def _write_lines(parts: Parts, sink: IO[bytes]) -> tuple[str, int]:
    digest, number = hashlib.sha256(), 0
    prefix = parts.settings.redis.prefix
    for line in dump.lines(parts.redis, prefix, _keys(parts)):
        raw = line.encode() + b"\n"
        digest.update(raw)
        sink.write(raw)
        number += 1
    return digest.hexdigest(), number


def _keys(parts: Parts) -> Iterator[str]:
    seen: set[str] = set()
    for key in dump.matching(parts.redis, parts.settings.redis.prefix, KEYS):
        if key not in seen:
            seen.add(key)
            yield key
    for row in parts.ledger.quarantined(limit=1_000_000):
        yield from (f"art:{row.id}", f"trail:{row.id}")
        yield from dump.matching(parts.redis, parts.settings.redis.prefix, [f"load:{row.id}:*"])


def _files(parts: Parts) -> Iterator[tuple[str, Path]]:
    """Name in the backup → file: the configuration, and what a person ruled of names."""
    folder, rulings = parts.settings.config_dir, parts.settings.data / overlay.FILE
    for path in config_files(folder):
        yield f"config/{path.relative_to(folder).as_posix()}", path
    if rulings.is_file():
        yield f"data/{overlay.FILE}", rulings


def config_files(folder: Path) -> list[Path]:
    """The files of `folder` that a person may have changed; locks and models come with the program."""
    return sorted({path for pattern in _CONFIG for path in folder.glob(pattern) if path.is_file()})


def _plain(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__slots__}


# --- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore wrote."""

    manifest: Manifest
    keys: int
    files: int
    """Configuration files that were missing or differed."""


def check(source: Path) -> Manifest:
    """Read the whole file and compare its checksums; raises `UserError` where anything is wrong with it."""
    with _opened(source) as bundle:
        manifest = _manifest(source, bundle)
        names = set(bundle.namelist()) - {"manifest.json"}
        if names != set(manifest.parts):
            raise UserError(Fault(str(source), "does not hold the parts that its manifest names"))
        for name, wanted in manifest.parts.items():
            if _digest(source, bundle, name) != wanted:
                raise UserError(Fault(str(source), f"{name} is damaged: its checksum is another"))
    return manifest


def restore(parts: Parts, source: Path, *, overwrite: bool = False, config: bool = True) -> Restored:
    """Bring back what `backup` kept, after checking all of it. Keys go under the prefix that is configured now.

    Without `overwrite` an installation that has feeds, rules or alerts of its own is left alone, and so is a
    configuration file that differs. `config` False leaves all of these as they are. Safe to repeat when interrupted.
    """
    manifest = check(source)
    folder = parts.settings.config_dir
    with _opened(source) as bundle:
        files = [file for file in _changed(bundle, manifest, parts) if config or not file[0].is_relative_to(folder)]
        if not overwrite:
            _refuse_to_overwrite(parts, [path for path, _ in files if path.exists()])
        for path, raw in files:
            _replace(path, raw)
        with bundle.open("redis.jsonl") as lines:
            number = dump.restore(parts.redis, parts.settings.redis.prefix, (line.decode() for line in lines))
    parts.redis.incr(f"{parts.settings.redis.prefix}:rules:version")  # workers look at the rules again
    return Restored(manifest, number, len(files))


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except FileNotFoundError:
        raise UserError(Fault(str(source), "there is no such file")) from None
    except OSError as error:
        raise UserError(Fault(str(source), f"cannot be read: {error.strerror}")) from None
    except zipfile.BadZipFile:
        mend = "give the file that `rasid backup` wrote; one whose copy broke off has no end"
        raise UserError(Fault(str(source), "is not a backup, or not a whole one", mend)) from None


def _manifest(source: Path, bundle: zipfile.ZipFile) -> Manifest:
    try:
        found = json.loads(_bytes(source, bundle, "manifest.json"))
        manifest = Manifest(**found)
    except (KeyError, TypeError, ValueError):
        raise UserError(Fault(str(source), "is not a backup of Rasid: it has no manifest")) from None
    if manifest.format > FORMAT or manifest.schema > SCHEMA:
        problem = f"was made by a newer Rasid ({manifest.rasid})"
        raise UserError(Fault(str(source), problem, "restore it with that one"))
    return manifest


def _bytes(source: Path, bundle: zipfile.ZipFile, name: str) -> bytes:
    return b"".join(_pieces(source, bundle, name))


def _digest(source: Path, bundle: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(source, bundle, name):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(source: Path, bundle: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A part, unpacked; whatever is wrong with it is a fault with the file's name."""
    if bundle.getinfo(name).file_size > MAX_PART:
        raise UserError(Fault(str(source), f"{name} is larger than {MAX_PART} bytes"))
    try:
        with bundle.open(name) as part:
            while piece := part.read(1 << 20):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise UserError(Fault(str(source), f"{name} is damaged: {error}")) from None


def _changed(bundle: zipfile.ZipFile, manifest: Manifest, parts: Parts) -> list[tuple[Path, bytes]]:
    """The files of the backup that are missing here or differ, with their content."""
    roots = {"config": parts.settings.config_dir, "data": parts.settings.data}
    found = []
    for name in manifest.parts:
        inside = PurePosixPath(name)
        if inside.parts[0] not in roots or len(inside.parts) < 2:
            continue
        if inside.is_absolute() or ".." in inside.parts:
            raise UserError(Fault(name, "leads out of the configuration's folder"))
        path, raw = roots[inside.parts[0]].joinpath(*inside.parts[1:]), bundle.read(name)
        if not path.exists() or path.read_bytes() != raw:
            found.append((path, raw))
    return found


def _refuse_to_overwrite(parts: Parts, files: list[Path]) -> None:
    mend = "--overwrite replaces it; --no-config leaves configuration files alone"
    faults = [Fault(str(path), "exists and differs from the backup's", mend) for path in files]
    rules = RuleStore(parts.redis, parts.settings.redis.prefix).mappings()
    kept = {"feeds": parts.feeds.count(), "rules": len(rules), "alerts": parts.outbox.counts()["recorded"]}
    if there := {name: number for name, number in kept.items() if number}:
        said = ", ".join(f"{number} {name}" for name, number in there.items())
        faults.append(Fault("Redis", f"holds {said} of its own", "--overwrite replaces them key by key"))
    if faults:
        raise UserError(faults)


def _replace(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
    Path(name).chmod(0o644)
    Path(name).replace(path)
