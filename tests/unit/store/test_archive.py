from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from workers.store.archive import WarcArchive

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HEADERS = [("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]


def write(archive: WarcArchive, number: int, at: datetime = NOW) -> str:
    body = f"<p>خبر {number}</p>".encode("windows-1256") * 20
    return archive.write(f"https://www.example.com/{number}", status=200, headers=HEADERS, body=body, at=at)


def test_every_record_is_read_alone_byte_for_byte(tmp_path: Path) -> None:
    archive = WarcArchive(tmp_path)
    positions = [write(archive, number) for number in range(20)]
    for number, position in reversed(list(enumerate(positions))):
        url, headers, body = WarcArchive(tmp_path).read(position)
        assert url == f"https://www.example.com/{number}"
        assert body == f"<p>خبر {number}</p>".encode("windows-1256") * 20
        assert ("Set-Cookie", "b=2") in list(headers)
        assert ("X-Archive-Orig-Content-Encoding", "gzip") in list(headers), "the body is stored decoded"
    record = archive.record(positions[0])
    assert (record.status, record.at, record.digest[:5]) == (200, NOW, "sha1:")


def test_the_files_are_warc_that_others_read(tmp_path: Path) -> None:
    archive = WarcArchive(tmp_path)
    write(archive, 1)
    archive.close()
    (path,) = tmp_path.rglob("*.warc.gz")
    with path.open("rb") as file:
        kinds = [record.rec_type for record in ArchiveIterator(file, check_digests="raise")]
    assert kinds == ["warcinfo", "response"]


def test_files_turn_at_their_size_and_at_midnight(tmp_path: Path) -> None:
    archive = WarcArchive(tmp_path, max_file=1000)
    positions = [write(archive, number) for number in range(5)]
    positions.append(write(archive, 9, NOW + timedelta(days=1)))
    assert len({position.rpartition(":")[0] for position in positions}) > 2
    assert positions[-1].startswith("2026-11-24/")
    assert [r.url[-1] for r in archive.records(since=NOW + timedelta(hours=1))] == ["9"]
    assert [record.position for record in archive.records()] == sorted(positions[:5]) + positions[5:]


def _work(folder: Path, start: int) -> None:
    archive = WarcArchive(folder)
    for number in range(start, start + 25):
        write(archive, number)


def test_processes_write_side_by_side(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    archive = WarcArchive(tmp_path)
    write(archive, 0)
    workers = [context.Process(target=_work, args=(tmp_path, start)) for start in (100, 200, 300)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    write(archive, 1)
    assert len({record.url for record in archive.records()}) == 77


def test_a_forked_child_opens_a_file_of_its_own(tmp_path: Path) -> None:
    archive = WarcArchive(tmp_path)
    write(archive, 1)
    child = multiprocessing.get_context("fork").Process(target=write, args=(archive, 2))
    child.start()
    child.join()
    write(archive, 3)
    assert sorted(record.url[-1] for record in archive.records()) == ["1", "2", "3"]
    assert len(list(tmp_path.rglob("*.warc.gz"))) == 2


def test_a_broken_last_record_hides_none_before_it(tmp_path: Path) -> None:
    archive = WarcArchive(tmp_path)
    positions = [write(archive, number) for number in range(3)]
    archive.close()
    (path,) = tmp_path.rglob("*.warc.gz")
    path.write_bytes(path.read_bytes()[: int(positions[2].rpartition(":")[2]) + 30])
    again = WarcArchive(tmp_path)
    assert [record.url[-1] for record in again.records()] == ["0", "1"]
    assert again.read(positions[1])[0].endswith("/1")
    with pytest.raises(LookupError):
        again.read(positions[2])


@pytest.mark.parametrize(
    "position", ["", "x", "../../etc/passwd:0", "/etc/passwd:0", "2026-11-23/none.warc.gz:0", "a:b"]
)
def test_positions_that_lead_nowhere(tmp_path: Path, position: str) -> None:
    with pytest.raises(LookupError):
        WarcArchive(tmp_path).read(position)


def test_what_is_known_of_a_page_follows_it(tmp_path: Path) -> None:
    archive = WarcArchive(tmp_path)
    positions = [
        archive.write(f"https://www.example.com/{n}", status=200, headers=[], body=b"x", at=NOW, about=about)
        for n, about in enumerate([b"", b'{"id": 1}', b"", b'{"id": 3}'])
    ]
    assert [record.about for record in archive.records()] == [b"", b'{"id": 1}', b"", b'{"id": 3}']
    assert [archive.record(position).about for position in positions] == [b"", b'{"id": 1}', b"", b'{"id": 3}']
    for number, position in enumerate(positions):
        rest = list(archive.records(after=position))
        assert [record.position for record in rest] == positions[number + 1 :], "a cut-off walk goes on where it was"
    archive.close()
    (path,) = tmp_path.rglob("*.warc.gz")
    with path.open("rb") as file:
        found = [(r.rec_type, r.rec_headers.get_header("WARC-Concurrent-To")) for r in ArchiveIterator(file)]
    assert [kind for kind, _ in found] == ["warcinfo", *["response", "response", "metadata"] * 2]
    assert found[3][1]
