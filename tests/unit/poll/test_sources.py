from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from workers.errors import UserError
from workers.model import Outlet
from workers.poll.sources import load_sources
from workers.poll.urls import canonical_url, normal_url

CONFIG = Path(__file__).parents[3] / "config"
LEAGUE = "ae bh dj dz eg iq jo km kw lb ly ma mr om ps qa sa sd so sy tn ye".split()  # noqa: SIM905 - the Arab League


def read(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "feeds.yaml").write_text(text, "utf-8")
    with pytest.raises(UserError) as caught:
        load_sources(tmp_path)
    return [str(fault).replace(str(tmp_path), "") for fault in caught.value.faults]


def test_the_shipped_list_is_sound_and_says_that_it_was_not_tried() -> None:
    sources = load_sources(CONFIG)
    assert len(sources.outlets) >= 40
    assert len(sources.feeds) >= 40
    countries = {outlet.country for outlet in sources.outlets.values()}
    assert set(LEAGUE) - countries <= {"dj"}, "every Arab country but Djibouti, of whose outlets no feed is known"
    for outlet in sources.outlets.values():
        assert outlet.name
        assert ZoneInfo(outlet.timezone)
        assert "not tried" in outlet.note
    for feed in sources.feeds:
        assert feed.url == normal_url(feed.url)
        assert canonical_url(feed.url)


def test_an_outlet_with_everything(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(
        """outlets:
  one:
    name: صحيفة
    country: sa
    timezone: Asia/Riyadh
    profile: {body: ["//article"], title_suffixes: ["| صحيفة"], verify_tls: false}
    feeds:
      - {url: "https://example.com/rss?id=2", title: أخبار, min_interval: 60}
      - https://example.com/rss
""",
        "utf-8",
    )
    sources = load_sources(tmp_path)
    outlet = sources.outlet("one")
    assert (outlet.name, outlet.profile.body, outlet.profile.verify_tls) == ("صحيفة", ("//article",), False)
    assert [(feed.url, feed.min_interval) for feed in sources.feeds] == [
        ("https://example.com/rss?id=2", 60),
        ("https://example.com/rss", None),
    ]
    assert sources.outlet("other") == Outlet(id="other", name="other")


def test_no_file_means_no_feeds(tmp_path: Path) -> None:
    assert load_sources(tmp_path).feeds == ()


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    faults = read(
        tmp_path,
        """outlets:
  one:
    name: 5
    country: Saudi
    timezone: Asia/Nowhere
    colour: red
    profile:
      title: "//h1["
      body: //article
    feeds:
      - ftp://example.com/
      - https://example.com/rss
      - {url: "https://example.com/rss"}
      - {url: "https://example.com/2", min_interval: 900, max_interval: 60}
      - {url: "https://example.com/3", min_interval: soon}
  Bad Id: {}
  two: [1]
""",
    )
    expected = {
        "/feeds.yaml:3": "text",
        "/feeds.yaml:4": "country code",
        "/feeds.yaml:5": "time zone",
        "/feeds.yaml:6": "colour",
        "/feeds.yaml:8": "XPath",
        "/feeds.yaml:11": "no feed address",
        "/feeds.yaml:13": "twice",
        "/feeds.yaml:14": "min_interval",
        "/feeds.yaml:15": "seconds",
        "/feeds.yaml:16": "outlet id",
        "/feeds.yaml:17": "mapping",
    }
    for place, words in expected.items():
        assert any(fault.startswith(f"{place}:") and words in fault for fault in faults), (place, words, faults)
    assert len(faults) == len(expected)


def test_a_country_that_yaml_reads_as_false(tmp_path: Path) -> None:
    assert "quotes" in read(tmp_path, "outlets:\n  one:\n    name: x\n    country: no\n")[0]
