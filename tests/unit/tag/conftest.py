"""One tagger over the shipped catalogue for all tests of the room."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.settings import TagSettings
from workers.tag import Tagger

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    """The tagger as it ships."""
    return Tagger.load(CONFIG, TagSettings())
