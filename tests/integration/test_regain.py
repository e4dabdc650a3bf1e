"""Redis loses everything: reprints, stories, rows and looks come back from the index, and nobody is told twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import redis

from tests.integration import indexes
from tests.integration.test_alert_stages import indexed, reprint, rules, run, told
from tests.integration.test_duplicates import NOW, SETTINGS, article, edited, print_of, prose
from tests.integration.test_looks import CONFIG, Clock, Page, QuickParts, clock, look, page, publish
from workers import stages
from workers.errors import Retry
from workers.model import Article, Kinship
from workers.operate.health import examine
from workers.ports import ArticleIndex, Scan
from workers.settings import ElasticsearchSettings, FetchSettings, RedisSettings, Settings
from workers.stages import regain
from workers.store.duplicates import RedisDuplicates
from workers.store.regain import spans
from workers.wiring import Parts

pytestmark = pytest.mark.servers

__all__ = ["clock", "page"]  # fixtures


@pytest.fixture(params=["embedded", "elasticsearch"])
def parts(request: pytest.FixtureRequest, redis_url: str, unique_name: str, tmp_path: object) -> Iterator[Parts]:
    server = ElasticsearchSettings()
    if request.param == "elasticsearch":
        server = ElasticsearchSettings(url=request.getfixturevalue("elasticsearch_url"), index=unique_name)
    found = QuickParts(
        Settings(
            data=tmp_path,
            config_dir=CONFIG,
            redis=RedisSettings(url=redis_url, prefix=unique_name),
            fetch=FetchSettings(allow_hosts=("127.0.0.1",), host_gap=0, host_gap_most=1e-6),
            elasticsearch=server,
        )
    )
    if server.url:
        small: ArticleIndex = indexes.elastic_index(str(server.url), unique_name, indexes.small_analyzer())
        found.__dict__["index"] = small  # made in a blink: it has no lexicon
    found.index.init()
    found.alert_history.init()
    yield found
    if server.url:
        small.client.indices.delete(index=f"{unique_name}-*", expand_wildcards="all")
    found.index.close()


def lose(parts: Parts) -> None:
    """All that this installation has in Redis, when the index has been there for a while."""
    parts.index.refresh()
    for key in parts.redis.scan_iter(f"{parts.settings.redis.prefix}:*", count=1000):
        parts.redis.delete(key)


def read_all_back(parts: Parts) -> int:
    """What beat and the workers do after a loss; how many articles came back."""
    number = 0
    while stages.sweep(parts).regain:
        number += regain.read_back(parts)
    return number


def only_rule(parts: Parts) -> None:
    for rule in parts.rules.matcher().compiled:
        parts.rules.store.pause(rule, paused=True)
    rules(parts, {"ships": '"ميناء مرفأ الشمال"'})


def test_all_of_the_window_is_read_back_in_pieces_the_latest_first() -> None:
    day = 86_400_000
    found = list(spans(5, 7 * day))
    assert (found[0], found[-1][0]) == ((7 * day - 900_000, 7 * day), 5)
    assert all(start == end for (start, _), (_, end) in pairwise(found))
    assert max(end - start for start, end in found) <= 7_200_000
    assert len(found) < 120
    assert list(spans(7, 7)) == []


# --- alerts ------------------------------------------------------------------------------------------------------

PRINTS = [number << 96 for number in range(1, 6)]
"""Numbers of articles whose ids differ in their first half, as real ones do."""


def test_a_reprint_that_comes_after_the_loss_joins_the_story_and_tells_nobody_again(parts: Parts) -> None:
    only_rule(parts)
    assert [run(parts, number, reprint(number), "outlet1") for number in PRINTS[:2]] == [1, 0]
    assert len(told(parts)) == 1
    first = parts.index.get(f"{PRINTS[0]:032x}")
    assert first is not None
    lose(parts)
    only_rule(parts)
    assert read_all_back(parts) == 2
    assert run(parts, PRINTS[2], reprint(1), "outlet2") == 0
    after = parts.index.get(f"{PRINTS[2]:032x}")
    assert after is not None
    assert (after.kinship.duplicate_of, after.kinship.story) == (first.id, first.kinship.story)
    assert len(told(parts)) == 1
    story = parts.duplicates.stories.story(first.kinship.story)
    assert story is not None
    assert {id_ for id_, _ in story.articles} == {f"{number:032x}" for number in PRINTS[:3]}


def test_what_was_indexed_and_not_yet_matched_is_told(parts: Parts) -> None:
    only_rule(parts)
    indexed(parts, PRINTS[0], reprint(1), "outlet1")
    lose(parts)
    only_rule(parts)
    assert read_all_back(parts) == 1
    assert len(told(parts)) == 1
    assert run(parts, PRINTS[1], reprint(2), "outlet2") == 0
    lose(parts)
    only_rule(parts)
    assert read_all_back(parts) == 2
    assert len(told(parts)) == 1


def test_what_came_long_before_the_loss_is_not_matched_again(parts: Parts) -> None:
    long_ago = datetime.now(UTC) - timedelta(seconds=regain.UNTOLD + 60)
    body = "رست السفينة في ميناء مرفأ الشمال صباحا."
    parts.index.put([indexes.article("ab" * 16, body=body, first_seen_at=long_ago, updated_at=long_ago)])
    parts.index.refresh()
    only_rule(parts)
    assert read_all_back(parts) == 1
    assert told(parts) == []


def test_a_page_waits_for_what_is_read_back_and_no_longer_than_that_takes(
    parts: Parts, clock: Clock, page: Page
) -> None:
    only_rule(parts)
    run(parts, PRINTS[0], reprint(1), "outlet1")
    lose(parts)
    publish(parts, page)  # before the first sweep: the page itself finds that Redis was lost
    row = parts.ledger.row(page.id)
    assert row is not None
    assert (row.stage, row.attempts) == ("make", 0)
    clock.passed += timedelta(seconds=regain.HOLD + 1)  # it takes too long
    stages.index(parts, stages.make(parts, [page.id]))
    assert parts.index.get(page.id) is not None
    assert parts.regain.is_left()


def test_while_the_index_is_away_all_that_is_left_stays_noted(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    only_rule(parts)
    run(parts, PRINTS[0], reprint(1), "outlet1")
    lose(parts)
    assert stages.sweep(parts).regain
    spans = parts.regain.left()
    assert spans == 7 * 86400
    assert [said for said in examine(parts, now=datetime.now(UTC)).noticed if "7.0 days of articles" in said]

    def away(wanted: Scan) -> Iterator[list[Article]]:
        raise Retry("away", burn_attempt=False)

    with monkeypatch.context() as patched:
        patched.setattr(parts.index, "scan", away)
        with pytest.raises(Retry):
            regain.read_back(parts)
    assert parts.regain.left() == spans
    assert regain.read_back(parts) == 1
    assert not stages.sweep(parts).regain
    assert not [said for said in examine(parts, now=datetime.now(UTC)).noticed if "Redis was lost" in said]


def test_one_article_that_cannot_be_remembered_keeps_no_other_out(parts: Parts) -> None:
    now = datetime.now(UTC)
    good = indexes.article("ab" * 16, first_seen_at=now, updated_at=now, kinship=Kinship(story="s" + "ab" * 8))
    parts.index.put([replace(good, id="no id of ours", url="https://a.test/1"), good])
    parts.index.refresh()
    assert stages.sweep(parts).regain
    assert regain.read_back(parts) == 2
    assert parts.ledger.row(good.id) is not None
    assert not parts.regain.is_left()


def test_a_fresh_installation_reads_nothing_back(parts: Parts) -> None:
    assert not stages.sweep(parts).regain
    parts.index.put([indexes.article("ab" * 16, first_seen_at=datetime.now(UTC))])
    assert not stages.sweep(parts).regain


# --- rows and second looks ---------------------------------------------------------------------------------------


def test_what_feeds_still_offer_is_not_fetched_again_and_is_looked_at_on(
    parts: Parts, clock: Clock, page: Page
) -> None:
    stages.sweep(parts)
    publish(parts, page)
    before = parts.ledger.row(page.id)
    assert before is not None
    asked = len(page.asked)
    lose(parts)
    read_all_back(parts)
    publish(parts, page)
    assert len(page.asked) == asked
    row = parts.ledger.row(page.id)
    assert row is not None
    assert (row.stage, row.status, row.first_seen, row.feeds) == (None, "indexed", before.first_seen, before.feeds)
    assert [step.reason for step in parts.ledger.trail(page.id)] == [regain.REASON]
    assert parts.ledger.counts()["outcome:indexed"] == 1
    page.sentences.append("وأعلنت البلدية في المساء أن حفل الافتتاح أرجئ أسبوعا بسبب الأمواج العالية في الخليج.")
    assert look(parts, page, clock)
    after = parts.index.get(page.id)
    assert after is not None
    assert (after.revision, after.first_seen_at) == (2, before.first_seen)


def test_a_look_asks_the_address_that_its_page_was_archived_under(parts: Parts, clock: Clock, page: Page) -> None:
    """The address that a feed gives may differ from the canonical one, and only the archive knows it after a loss."""
    stages.sweep(parts)
    publish(parts, page)
    known = parts.index.get(page.id)
    assert known is not None
    lose(parts)
    parts.index.put([replace(known, url="http://127.0.0.1:1/canonical", updated_at=known.updated_at)])
    read_all_back(parts)
    asked = len(page.asked)
    assert look(parts, page, clock)
    assert len(page.asked) == asked + 1


# --- reprints and stories ----------------------------------------------------------------------------------------


def test_what_is_remembered_in_any_order_answers_as_what_was_lost(redis_client: redis.Redis, unique_name: str) -> None:
    """60 texts and their reprints, flashes and follow-ups, remembered from what an index has of them, last ones first:
    then 40 more are related as they would have been."""
    rng = random.Random(11)
    one, other = (RedisDuplicates(redis_client, f"{unique_name}:{side}", SETTINGS) for side in ("kept", "regained"))
    texts = [prose(i, rng.randint(60, 220)) for i in range(60)]
    texts += [edited(rng.choice(texts), rng.choice((0, 0.05, 0.15)), i) for i in range(40)]
    texts += [rng.choice(texts)[:45] for _ in range(10)] + [rng.choice(texts) + prose(900 + i, 90) for i in range(10)]
    moments = [NOW + timedelta(minutes=7 * i) for i in range(len(texts))]
    kins = [one.relate(article(str(i)), print_of(text), at=moments[i]) for i, text in enumerate(texts)]
    for i in reversed(range(len(texts))):
        story = one.stories.story_of(bytes.fromhex(kins[i].story[1:]))  # as `restory` keeps it in the index
        for _ in range(2):
            other.remember(article(str(i)), print_of(texts[i]), replace(kins[i], story=story), at=moments[i])
    again = [other.relate(article(str(i)), print_of(text), at=moments[i]) for i, text in enumerate(texts)]
    assert [(kin.duplicate_of, kin.relation) for kin in again] == [(kin.duplicate_of, kin.relation) for kin in kins]
    later = moments[-1] + timedelta(hours=1)
    for n in range(40):
        probe = print_of(edited(rng.choice(texts), rng.choice((0, 0.1, 0.3)), 5000 + n) if n % 4 else prose(7000 + n))
        wanted, found = (side.relate(article(f"probe{n}"), probe, at=later) for side in (one, other))
        assert (found.duplicate_of, found.story, found.relation) == (wanted.duplicate_of, wanted.story, wanted.relation)
    assert {row.id: set(row.articles) for row in one.stories.all()} == {
        row.id: set(row.articles) for row in other.stories.all()
    }


def test_an_article_without_kin_and_one_of_another_publisher_are_remembered_too(
    redis_client: redis.Redis, unique_name: str
) -> None:
    duplicates = RedisDuplicates(redis_client, unique_name, SETTINGS)
    duplicates.remember(article("a"), print_of(prose(1)), Kinship(), at=NOW)
    by_link = Kinship(duplicate_of=article("z"), relation="canonical", story="s" + article("z")[:16], similarity=0.2)
    duplicates.remember(article("b"), print_of(prose(2)), by_link, at=NOW)
    kin = duplicates.relate(article("c"), print_of(prose(2)), at=NOW)
    assert (kin.duplicate_of, kin.story) == (article("b"), by_link.story)
    assert duplicates.relate(article("d"), print_of(prose(1)), at=NOW).story == "s" + article("a")[:16]
