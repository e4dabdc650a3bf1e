"""Every listed phrase, put into one of our own pages, goes, and no sentence goes with it."""

from __future__ import annotations

import random
from pathlib import Path

from workers.bench.injection import reader, run
from workers.bench.pages import read_folder
from workers.clean import Cleaner
from workers.settings import CleanSettings, Settings

ROOT = Path(__file__).parents[3]


def test_phrases_go_and_sentences_stay() -> None:
    """A sample of the ways; `rasid bench injection` tries all of them on real pages."""
    cleaner = Cleaner.load(ROOT / "config", CleanSettings())
    phrases = [rule.goes[0] for rule in cleaner.rules if rule.scope in ("line", "list")]
    pages = [page for page in read_folder(ROOT / "tests" / "outlets") if page.id == "drupal_fields"]
    found = run(reader(cleaner, Settings()), pages, phrases, sample=240, rng=random.Random(5))
    assert found.tried.total() == 240
    assert found.share >= 0.98
    assert found.lost == []
