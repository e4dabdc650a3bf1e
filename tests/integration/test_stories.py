"""Stories on a real Redis: joined in other words, stable, merged, split, and agreed on by several workers."""

from __future__ import annotations

import multiprocessing
import random
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
import redis

from tests.integration.test_duplicates import NOW, SETTINGS, WORDS, article, edited, print_of, prose
from workers.dedupe import fingerprint
from workers.dedupe.stories import Placement, place
from workers.errors import Retry
from workers.model import Cleaned, Fingerprint, Paragraph
from workers.store import stories
from workers.store.duplicates import RedisDuplicates

REPORTS = (
    ("زلزال قوي يضرب جزيرة سومطرة", "ضرب زلزال بقوة 7 درجات جزيرة سومطرة الإندونيسية فجر اليوم وأوقع عشرات الجرحى."),
    ("عشرات الجرحى في زلزال بإندونيسيا", "أصيب العشرات عندما هز زلزال بلغت قوته 7 درجات سومطرة، وفق هيئة الكوارث."),
    ("إندونيسيا تحصي خسائر زلزال سومطرة", "قالت هيئة الكوارث الإندونيسية إن الزلزال الذي هز سومطرة دمر مئات المنازل."),
)
OTHER = ("افتتاح معرض الكتاب في مسقط", "افتتح اليوم معرض مسقط الدولي للكتاب بمشاركة 800 دار نشر من 30 دولة.")


def report(title: str, text: str) -> Fingerprint:
    return fingerprint(Cleaned(title=title, paragraphs=(Paragraph(text),)), SETTINGS)


@pytest.fixture
def duplicates(redis_client: redis.Redis, unique_name: str) -> RedisDuplicates:
    return RedisDuplicates(redis_client, unique_name, SETTINGS)


def test_reports_of_one_event_in_other_words_are_one_story_and_no_duplicates(duplicates: RedisDuplicates) -> None:
    kins = [
        duplicates.relate(article(str(i)), report(*text), at=NOW + timedelta(hours=i)) for i, text in enumerate(REPORTS)
    ]
    other = duplicates.relate(article("other"), report(*OTHER), at=NOW)
    assert {k.duplicate_of for k in kins} == {None}
    assert len({k.story for k in kins}) == 1
    assert other.story != kins[0].story


def test_a_story_lists_its_articles_in_order_of_time_reprints_too(duplicates: RedisDuplicates) -> None:
    for i in (2, 0, 1):
        kin = duplicates.relate(article(str(i)), report(*REPORTS[i]), at=NOW + timedelta(hours=i))
    duplicates.relate(article("again"), report(*REPORTS[0]), at=NOW + timedelta(hours=5))
    found = duplicates.stories.story(kin.story)
    assert found
    assert [a for a, _ in found.articles] == [article(n) for n in ("0", "1", "2", "again")]
    assert [row.id for row in duplicates.stories.recent(since=NOW)] == [found.id]
    assert duplicates.stories.recent(since=NOW + timedelta(hours=6)) == []


def test_the_same_words_weeks_later_are_another_story(duplicates: RedisDuplicates) -> None:
    first = duplicates.relate(article("0"), report(*REPORTS[0]), at=NOW)
    later = duplicates.relate(article("1"), report(*REPORTS[1]), at=NOW + timedelta(days=6))
    assert later.story != first.story


def test_a_text_that_joins_two_stories_brings_their_articles_together_and_says_whose_story_changed(
    duplicates: RedisDuplicates,
) -> None:
    left, right = prose(1, 150), prose(2, 150)
    older = duplicates.relate(article("a"), print_of(left), at=NOW)
    duplicates.relate(article("b"), print_of(right), at=NOW)
    duplicates.relate(article("c"), print_of(left + right), at=NOW)
    found = duplicates.stories.story(older.story)
    assert found
    assert {a for a, _ in found.articles} == {article(n) for n in "abc"}
    assert duplicates.stories.moved(10) == {article("b"): older.story}
    duplicates.stories.note_moved({article("b"): "s" + "0" * 16})  # an answer from before it moved again
    assert duplicates.stories.moved(10) == {article("b"): older.story}
    duplicates.stories.note_moved({article("b"): older.story})
    assert duplicates.stories.moved(10) == {}


def _work(url: str, turns: list[tuple[str, list[tuple[str, list[str]]]]], together: Barrier) -> None:
    prints: dict[str, Fingerprint] = {}
    with redis.Redis.from_url(url) as client:
        for prefix, texts in turns:
            duplicates = RedisDuplicates(client, prefix, SETTINGS)
            together.wait(60)
            for name, words in texts:
                prints[name] = prints.get(name) or print_of(words)
                duplicates.relate(article(name), prints[name], at=NOW)


def test_four_workers_agree_on_the_stories_of_500_reprints_whatever_the_order(
    redis_url: str, redis_client: redis.Redis, unique_name: str
) -> None:
    """Three rounds shared out in another order each, and one in which the queue gave every text to every worker."""
    rng = random.Random(3)
    texts: list[tuple[str, list[str]]] = []
    for story in range(50):
        words = prose(story, 150)
        texts += [
            (f"{story}-{i}", edited(words, 0.08, rng.randrange(10**6)) + rng.choices(WORDS, k=15)) for i in range(10)
        ]
    turns: list[list[tuple[str, list[tuple[str, list[str]]]]]] = [[], [], [], []]
    for turn in range(4):
        rng.shuffle(texts)
        for i, mine in enumerate(turns):
            share = texts[i::4] if turn < 3 else rng.sample(texts, len(texts))
            mine.append((f"{unique_name}:{turn}", share))
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(4)
    workers = [context.Process(target=_work, args=(redis_url, mine, together)) for mine in turns]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(240)
        assert worker.exitcode == 0
    outcomes = [_outcome(RedisDuplicates(redis_client, f"{unique_name}:{turn}", SETTINGS), texts) for turn in range(4)]
    assert {len(story) for story in outcomes[0]} == {10}
    assert all(outcome == outcomes[0] for outcome in outcomes)


def _outcome(duplicates: RedisDuplicates, texts: list[tuple[str, list[str]]]) -> set[frozenset[str]]:
    """The stories, each once, with the names of their texts; every one has one first print and all its articles."""
    names = {article(name): name for name, _ in texts}
    rows = list(duplicates.stories.all())
    assert sorted(len(row.articles) for row in rows) == [10] * 50
    for name, words in texts[:25]:  # asked again, each gives the story that it is listed in
        kin = duplicates.relate(article(name), print_of(words), at=NOW)
        assert article(name) in {id_ for row in rows if row.id == kin.story for id_, _ in row.articles}
    return {frozenset(names[id_] for id_, _ in row.articles) for row in rows}


def _seed(path: Path) -> Fingerprint:
    lines = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    return fingerprint(Cleaned(title=lines[0], paragraphs=tuple(Paragraph(line) for line in lines[1:])), SETTINGS)


def test_the_two_seed_articles_are_two_stories_and_a_reprint_of_either_folds_into_it(
    duplicates: RedisDuplicates, data_folder: Path
) -> None:
    seeds = [_seed(path) for path in sorted((data_folder / "seeds").glob("*.txt"))]
    kins = [duplicates.relate(article(str(i)), seed, at=NOW) for i, seed in enumerate(seeds)]
    assert len({kin.story for kin in kins}) == 2
    for i, path in enumerate(sorted((data_folder / "seeds").glob("*.txt"))):
        words = path.read_text("utf-8").split()
        kin = duplicates.relate(article(f"re{i}"), print_of(edited(words[: len(words) * 3 // 4], 0.05, i)), at=NOW)
        assert (kin.duplicate_of, kin.story) == (article(str(i)), kins[i].story)


def test_what_was_decided_on_an_older_state_is_decided_anew_and_who_always_loses_waits(
    duplicates: RedisDuplicates, redis_client: redis.Redis, unique_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = duplicates.relate(article("1"), report(*REPORTS[1]), at=NOW)
    monkeypatch.setattr(stories, "TRIES", 2)
    losses = [0, 1]  # another worker settles a report of its own between our look and our write

    def decided(*args: object) -> Placement:
        if losses:
            redis_client.set(f"{unique_name}:story:version", 100 + losses.pop())
        return place(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(stories, "place", decided)
    with pytest.raises(Retry):
        duplicates.relate(article("0"), report(*REPORTS[0]), at=NOW)
    kin = duplicates.relate(article("0"), report(*REPORTS[0]), at=NOW)
    assert kin.story == first.story
    found = duplicates.stories.story(kin.story)
    assert found
    assert {a for a, _ in found.articles} == {article("0"), article("1")}


def test_a_large_story_stays_one_and_leads_there_by_any_of_its_names(duplicates: RedisDuplicates) -> None:
    """Reports of one event that share most words, each with some of its own: more than are compared at once."""
    rng = random.Random(9)
    topic = " ".join(rng.sample(WORDS, 14))
    kins = []
    for i in range(3 * stories.REPORTS):
        own = " ".join(rng.sample(WORDS, 30))
        kins.append(duplicates.relate(article(f"l{i}"), report(topic, own), at=NOW + timedelta(minutes=i)))
    assert {kin.duplicate_of for kin in kins} == {None}
    found = duplicates.stories.story(kins[-1].story)
    assert found
    assert len(found.articles) == 3 * stories.REPORTS
    assert all(duplicates.stories.story(kin.story) == found for kin in kins)
    assert all(duplicates.stories.story(f"s{article(f'l{i}')[:16]}") == found for i in range(3 * stories.REPORTS))
