"""Names of the flow: gathered in a real Redis, offered, accepted, joined; workers take the change up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner, Result

from workers.cli import cli
from workers.errors import UserError
from workers.settings import read_settings, settings
from workers.store.candidates import MOST, RedisCandidates
from workers.tag import Tagger
from workers.tag.overlay import FILE, Overlay
from workers.tag.unknown import UnknownName
from workers.wiring import load_pipeline

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CURRENT = "زرتور بلموكسي"


@pytest.fixture
def store(redis_client: redis.Redis, unique_name: str) -> RedisCandidates:
    return RedisCandidates(redis_client, unique_name)


def name(surface: str, cluster: str = "zrtr", kind: str = "person") -> UnknownName:
    return UnknownName(cluster=cluster, kind=kind, surface=surface)


def test_an_article_counts_once_and_spellings_join(store: RedisCandidates) -> None:
    assert store.observe("a1", "one", [name("زرتور"), name("زرتور")], at=NOW)
    assert not store.observe("a1", "one", [name("زرتور")], at=NOW)
    assert store.observe("a2", "two", [name("زارتور"), name("بلموك", "blmk")], at=NOW)
    assert store.observe("a3", "two", [name("زرتور")], at=NOW)
    first, second = store.top(10)
    assert (first.name, first.articles, first.outlets) == ("زرتور", 3, ("one", "two"))
    assert first.spellings == (("زرتور", 2), ("زارتور", 1))
    assert set(first.examples) == {"a1", "a2", "a3"}
    assert second.articles == 1
    assert [c.cluster for c in store.top(10, least=2)] == ["zrtr"]
    store.forget(["zrtr"])
    assert store.get("zrtr") is None
    assert [c.cluster for c in store.top(10)] == ["blmk"]


def test_the_rarest_names_go_first(store: RedisCandidates, redis_client: redis.Redis, unique_name: str) -> None:
    store.observe("a0", "one", [name("زرتور")], at=NOW)
    store.observe("b0", "one", [name("زرتور")], at=NOW)
    for part in range(4):
        many = [name(f"x{n}", f"c{n}") for n in range(part * MOST // 4, (part + 1) * MOST // 4)]
        for at in range(0, len(many), 1000):
            store.observe(f"m{part}-{at}", "one", many[at : at + 1000], at=NOW)
    assert redis_client.zcard(f"{unique_name}:names") == MOST
    assert store.top(1)[0].cluster == "zrtr"


@pytest.fixture
def environment(redis_url: str, unique_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("RASID_REDIS_URL", redis_url)
    monkeypatch.setenv("RASID_REDIS_PREFIX", unique_name)
    monkeypatch.setenv("RASID_DATA", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["entities", *arguments], catch_exceptions=False)


def test_from_candidate_to_entity_to_merge(environment: Path, store: RedisCandidates) -> None:
    config = read_settings(os.environ)
    tagger = Tagger.load(config.config_dir, config.tag)
    for article, surface in zip("abcde", [CURRENT] * 3 + ["زرتور بلموغسي"] * 2, strict=True):
        found = [UnknownName(cluster=tagger.cluster(surface), kind="person", surface=surface)]
        store.observe(article, "one", found, at=NOW)
    offered = json.loads(run("candidates", "--json").output)
    assert [(row["name"], row["articles"]) for row in offered] == [(CURRENT, 5)]

    before = load_pipeline(config)
    run("accept", CURRENT, "--latin", "Zartur Balmuxi", "--country", "at")
    after = load_pipeline(config)
    assert after is not before
    assert after.rules_version != before.rules_version
    assert [e.id for e in after.tagger.catalogue.find("زرتور بلموغسي")] == ["zartur-balmuxi"]
    assert json.loads(run("candidates", "--json").output) == []

    run("merge", "zartur-balmuxi", "joe-biden")
    assert json.loads(run("show", "zartur-balmuxi", "--json").output)["id"] == "joe-biden"
    run("accept", "زرتور الكبير", "--as", "zartur-balmuxi")
    assert "زرتور الكبير" in load_pipeline(config).tagger.catalogue.names("joe-biden")


def test_what_is_rejected_is_not_offered_again(environment: Path, store: RedisCandidates) -> None:
    config = read_settings(os.environ)
    cluster = Tagger.load(config.config_dir, config.tag).cluster(CURRENT)
    run("reject", CURRENT)
    for article in ("a1", "a2"):
        store.observe(article, "one", [UnknownName(cluster=cluster, kind="person", surface=CURRENT)], at=NOW)
    assert json.loads(run("candidates", "--json").output) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("accept", "الناتو", "--id", "another", "--kind", "organisation"),
        ("accept", CURRENT, "--latin", "Zartur"),
        ("accept", CURRENT, "--id", "nato", "--kind", "person"),
        ("accept", CURRENT, "--as", "no-such-entity"),
        ("accept", CURRENT, "--id", "zartur", "--kind", "person", "--wikidata", "12"),
        ("merge", "nato", "nato"),
        ("merge", "nato", "joe-biden"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(environment: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(UserError):
        run(*arguments)
    assert not (environment / FILE).exists()


def test_a_worker_keeps_its_entities_when_the_file_cannot_be_read(environment: Path) -> None:
    config = read_settings(os.environ)
    before = load_pipeline(config)
    (environment / FILE).write_text("entities: 7\n", "utf-8")
    assert load_pipeline(config) is before
    Overlay().with_aliases("nato", ["حلف الشماليين"]).save(environment / FILE)
    assert "حلف الشماليين" in load_pipeline(config).tagger.catalogue.names("nato")
