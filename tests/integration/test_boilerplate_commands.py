"""`rasid boilerplate` and `rasid clean` as a person runs them, against a real Redis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import redis
import yaml

from workers.clean.rules import read
from workers.settings import CleanSettings
from workers.store.lines import RedisLines

ROOT = Path(__file__).parents[2]


def rasid(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_person_rules_and_exports(
    redis_url: str, redis_client: redis.Redis, unique_name: str, tmp_path: Path
) -> None:
    where = {"RASID_REDIS_URL": redis_url, "RASID_REDIS_PREFIX": unique_name}
    lines = RedisLines(redis_client, unique_name, CleanSettings())
    for page in range(40):
        lines.observe("window", f"p{page}", ["معا نصنع الخبر", "قرات 0 مره", *(["شعار"] if page < 3 else [])])
    listed = json.loads(rasid("boilerplate", "list", "--json", **where).stdout)
    assert {item["line"]: item["pages"] for item in listed} == {"معا نصنع الخبر": 40, "قرات 0 مره": 40}
    assert rasid("boilerplate", "reject", "window", "معًا نصنع الخبر", **where).returncode == 0
    assert rasid("boilerplate", "accept", "window", "شعار", **where).returncode == 0
    exported = rasid("boilerplate", "export", **where).stdout
    (tmp_path / "learned.yaml").write_text(exported, "utf-8")
    rules = read(tmp_path / "learned.yaml")
    assert {rule.goes[0] for rule in rules} == {"قرات 0 مره", "شعار"}
    assert all(rule.pattern.match(rule.goes[0]) and not rule.pattern.match(rule.stays[0]) for rule in rules)
    assert any(rule.pattern.match("قرات 1,204 مره") for rule in rules)
    assert all(raw["source"].startswith("learned: ") for raw in yaml.safe_load(exported)["rules"])


def test_clean_prints_text_and_reasons(tmp_path: Path) -> None:
    text = (
        "عنوان الخبر الطويل هنا\n\n"
        + "افتتح وزير الثقافة معرض الكتاب في قاعة المدينة صباح اليوم. " * 3
        + "\n\nشاركها.\n"
    )
    (tmp_path / "a.txt").write_text(text, "utf-8")
    plain = rasid("clean", str(tmp_path / "a.txt"))
    assert "شاركها" not in plain.stdout
    explained = json.loads(rasid("clean", str(tmp_path / "a.txt"), "--explain", "--json").stdout)
    assert explained["lines"][-1]["rule"] == "share/share-it"
    assert explained["lines"][-1]["kept"] is False


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    missing = rasid("clean", str(tmp_path / "no.txt"))
    assert missing.returncode == 2
    assert missing.stderr.count("\n") == 1
    assert "no.txt" in missing.stderr
