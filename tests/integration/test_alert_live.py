"""Rules that change while workers run, and the commands that change them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner, Result

from tests.unit.alert.samples import NOW, analyzer, article, rule
from workers.alert.live import LiveRules, all_rules
from workers.cli import cli
from workers.errors import UserError
from workers.settings import settings
from workers.tag.catalogue import Catalogue

ANALYZER = analyzer()
FILE = "channels: {desk: {kind: log}}\nrules:\n  - {id: file-rule, query: موسكو, channels: [desk]}\n"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "alerts.yaml").write_text(FILE, "utf-8")
    return tmp_path


def fired(live: LiveRules, text: str) -> list[str]:
    return [alert.rule for alert in live.matcher().match(article(text), now=NOW)]


def test_a_rule_added_elsewhere_reaches_a_worker_within_the_reload_time(
    redis_client: redis.Redis, unique_name: str, folder: Path
) -> None:
    clock = Clock()
    live = LiveRules(folder, redis_client, unique_name, ANALYZER, clock=clock)
    other = LiveRules(folder, redis_client, unique_name, ANALYZER)
    assert fired(live, "موسكو باريس") == ["file-rule"]
    other.store.put(rule("باريس", id="added"))
    assert fired(live, "موسكو باريس") == ["file-rule"]
    clock.now += 2.1
    assert fired(live, "موسكو باريس") == ["file-rule", "added"]
    other.store.pause("file-rule", paused=True)
    clock.now += 2.1
    assert fired(live, "موسكو باريس") == ["added"]
    assert other.store.remove("added")
    other.store.pause("file-rule", paused=False)
    clock.now += 2.1
    assert fired(live, "موسكو باريس") == ["file-rule"]


def test_an_edited_file_is_read_again_and_a_bad_rule_in_it_stops_no_other(
    redis_client: redis.Redis, unique_name: str, folder: Path
) -> None:
    clock = Clock()
    live = LiveRules(folder, redis_client, unique_name, ANALYZER, clock=clock)
    before = live.matcher().compiled["file-rule"]
    (folder / "alerts.yaml").write_text(FILE + "  - {id: bad, query: '('}\n  - {id: new, query: باريس}\n", "utf-8")
    clock.now += 2.1
    assert list(live.matcher().compiled) == ["file-rule", "new"]
    assert live.matcher().compiled["file-rule"] is before
    assert len(all_rules(folder, live.store).faults) == 1


# --- commands ----------------------------------------------------------------------------------------------------


@pytest.fixture
def rasid(monkeypatch: pytest.MonkeyPatch, redis_url: str, unique_name: str, tmp_path: Path) -> Any:
    config = tmp_path / "config"
    shutil.copytree("config", config, ignore=shutil.ignore_patterns("requirements", "kibana"))
    (config / "alerts.yaml").write_text(FILE, "utf-8")
    variables = {"CONFIG": config, "REDIS_URL": redis_url, "REDIS_PREFIX": unique_name, "DATA": tmp_path / "data"}
    for name, value in variables.items():
        monkeypatch.setenv(f"RASID_{name}", str(value))
    monkeypatch.delenv("RASID_ELASTICSEARCH_URL", raising=False)
    (tmp_path / "data").mkdir()
    settings.cache_clear()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["alerts", *arguments])

    yield run
    settings.cache_clear()


def listed(rasid: Any) -> dict[str, Any]:
    return {rule["id"]: rule for rule in json.loads(rasid("list", "--json").output)["rules"]}


def test_rules_are_added_changed_paused_exported_and_imported(rasid: Any, tmp_path: Path) -> None:
    assert rasid("add", "paris", "باريس", "--channel", "desk", "--quiet", "22:00-07:00").exit_code == 0
    assert rasid("edit", "paris", "--throttle", "30m").exit_code == 0
    assert rasid("pause", "paris").exit_code == 0
    rule = listed(rasid)["paris"]
    assert (rule["throttle"], rule["enabled"], rule["added"]) == (1800.0, False, True)
    assert rule["quiet"]["from"] == "22:00"
    exported = tmp_path / "rules.yaml"
    exported.write_text(rasid("export").output, "utf-8")
    assert rasid("remove", "paris").exit_code == 0
    assert list(listed(rasid)) == ["file-rule"]
    assert rasid("import", str(exported)).exit_code == 0
    assert {rule["id"] for rule in listed(rasid).values()} == {"file-rule", "paris"}


WRONG = [
    (("add", "file-rule", "باريس"), "there is a rule with this id"),
    (("add", "x", "باريس", "--channel", "mail"), "there is no channel mail"),
    (("add", "x", '"باريس'), "column 1"),
    (("edit", "nobody", "--throttle", "1h"), "there is no such rule"),
    (("remove", "file-rule"), "take it out of config/alerts.yaml"),
    (("import", "/nowhere.yaml"), "is not a file"),
    (("snooze", "file-rule", "--for", "soon"), "not a duration"),
    (("resend", "nothing"), "there is no such alert"),
    (("ack", "nothing"), "there is no such alert"),
    (("preview", "*"), "matches every article"),
]


def test_what_is_wrong_is_said_with_its_mend(rasid: Any) -> None:
    for arguments, says in WRONG:
        error = rasid(*arguments).exception
        assert isinstance(error, UserError), arguments
        assert says in str(error)


def test_a_rule_is_tried_on_a_text_word_by_word(rasid: Any, tmp_path: Path) -> None:
    text = "عنوان قصير للخبر\nقالت موسكو إنها سترد على القرار في وقت لاحق من هذا الأسبوع. " + "جملة أخرى طويلة. " * 12
    (tmp_path / "article.txt").write_text(text, "utf-8")
    done = rasid("test", "file-rule", str(tmp_path / "article.txt"), "--text", "--json")
    told = json.loads(done.output)
    assert (done.exit_code, told["fires"]) == (0, True)
    assert "\u0002موسكو\u0003" in told["highlights"][0]
    done = rasid("test", "موسكو ليس القرار", str(tmp_path / "article.txt"), "--text", "--json")
    assert done.exit_code == 1
    assert next((step["part"], step["holds"]) for step in json.loads(done.output)["steps"]) == ("AND", False)


def test_history_begins_empty_and_delivery_has_nothing_to_do(rasid: Any) -> None:
    assert json.loads(rasid("history", "--json").output)["alerts"] == []
    assert json.loads(rasid("history", "--dead", "--json").output) == {"dead": []}
    assert rasid("deliver").output.startswith("sent 0")


def test_a_rule_is_run_over_the_past(rasid: Any) -> None:
    done = rasid("backtest", "file-rule", "--since", "2d", "--json")
    told = json.loads(done.output)
    assert (told["articles"], told["messages"]) == (0, [])


def test_a_changed_catalogue_of_names_compiles_every_rule_anew(
    folder: Path, redis_client: redis.Redis, unique_name: str, tmp_path: Path
) -> None:
    """Names that a person accepted are part of what rules mean, within seconds."""
    (tmp_path / "entities").mkdir()
    head = "kind: place\ncolumns: [names, latin]\nentities:\n"
    catalogues = []
    for names in ("موسكو", "موسكو; مرفأ الشمال"):
        (tmp_path / "entities" / "places.yaml").write_text(f"{head}  marfa-town: {names} | Marfa\n", "utf-8")
        catalogues.append(Catalogue.load(tmp_path / "entities"))
    clock, now = Clock(), [catalogues[0]]
    live = LiveRules(folder, redis_client, unique_name, ANALYZER, names=lambda: now[0], clock=clock)
    assert fired(live, "مرفأ الشمال") == []
    now[0] = catalogues[1]
    clock.now += 10
    assert fired(live, "مرفأ الشمال") == ["file-rule"]
