"""Messages: escaped for each form, isolated against turning lines, complete, and readable without a server."""

from __future__ import annotations

import html.parser
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alert.samples import NOW
from workers.alert import render
from workers.alert.message import MOST_ITEMS, Links, Message, message_of
from workers.errors import UserError
from workers.model import Alert

WORDING = render.load_wording(Path("config"))
LINKS = Links(page="https://rasid.example", kibana="https://kibana.example/")


def alert(**extra: object) -> Alert:
    facts = {
        "name": "حلف شمال الأطلسي",
        "query": 'الناتو أو "NATO"',
        "severity": "high",
        "title": "قمة الناتو في بروكسل",
        "url": "https://marfa.example/1?a=b&c=d",
        "outlet": "marfa",
        "agency": "afp",
        "published": NOW.isoformat(),
        **extra,
    }
    return Alert(
        id="i1",
        rule="nato",
        article="a1",
        at=NOW,
        highlights=("قال \u0002للناتو\u0003 دور.",),
        channels=("desk",),
        extra=facts,
    )


def message(**extra: object) -> Message:
    return message_of(alert(**extra), LINKS)


def gathered(number: int, kind: str = "gathered") -> Message:
    members = [replace(alert(title=f"خبر {n}"), article=f"a{n}") for n in range(number)]
    return message_of(replace(alert(), extra={"members": members, "kind": kind}), LINKS)


class Checker(html.parser.HTMLParser):
    """Every tag that opens closes; no script, no handler; text collected."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "iframe", "img", "object"}
        assert not any(name.startswith("on") for name, _ in attrs)
        assert all(not value or value.startswith("http") for name, value in attrs if name == "href")
        self.seen.append(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in {"meta", "br"} or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Checker:
    found = Checker()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def test_the_mail_runs_from_right_to_left_and_marks_the_words() -> None:
    page = render.html(message(), WORDING)
    assert '<html lang="ar" dir="rtl">' in page
    assert re.search(r"<mark[^>]*>للناتو</mark>", page)
    assert 'href="https://marfa.example/1?a=b&amp;c=d"' in page
    text = "".join(read(page).text)
    for part in ("قمة الناتو في بروكسل", "marfa", "afp", "2026-11-22 12:00 UTC", 'الناتو أو "NATO"', "عاجل"):
        assert part in text


def test_links_to_page_and_kibana_stand_where_they_are_configured() -> None:
    page = render.html(message(), WORDING)
    assert "https://rasid.example/article/a1" in page
    assert "https://kibana.example/app/discover#/?_a=" in page
    assert "kibana" not in render.html(message_of(alert(), Links()), WORDING)


def test_plain_lines_begin_with_a_right_to_left_mark_and_isolate_the_text_of_others() -> None:
    text = render.plain(message(), WORDING)
    lines = [line for line in text.split("\n") if line]
    assert all(line.startswith(render.RLM) for line in lines)
    assert f"{render.RLI}قال *للناتو* دور.{render.PDI}" in text
    assert text.count(render.FSI) + text.count(render.RLI) == text.count(render.PDI)


HOSTILE = "<script>alert(1)</script>&\"'\u202e\u2067\u0000\r\nBcc: x@y.z"


def test_hostile_text_is_escaped_everywhere_and_turns_no_line() -> None:
    hostile = message(name=HOSTILE, query=HOSTILE, title=HOSTILE, outlet=HOSTILE, agency=HOSTILE)
    for page in (render.html(hostile, WORDING), render.simple_html(hostile, WORDING)):
        read(page)
        assert "<script" not in page
    for text in (render.plain(hostile, WORDING), render.subject(hostile, WORDING), render.html(hostile, WORDING)):
        assert not re.search("[\u202a-\u202e\u2066\u0000\r]", text)
        assert text.count(render.FSI) + text.count(render.RLI) == text.count(render.PDI)
    assert "\n" not in render.subject(hostile, WORDING)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", 'https://a.example/"><b>'])
def test_only_web_addresses_become_links(url: str) -> None:
    page = render.html(message(url=url), WORDING)
    assert "javascript" not in page
    assert "<b>" not in page
    read(page)


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_in_it_the_mail_stays_well_formed(title: str, query: str) -> None:
    found = message(title=title, query=query)
    read(render.html(found, WORDING))
    read(render.simple_html(found, WORDING))


def test_a_digest_shows_its_articles_and_counts_what_it_leaves_out() -> None:
    found = gathered(MOST_ITEMS + 5)
    text = "".join(read(render.html(found, WORDING)).text)
    assert (found.count, found.left_out) == (25, 5)
    assert "خبر 19" in text
    assert "خبر 20" not in text
    assert f"{WORDING.labels['more']}: 5" in text
    assert "(+24)" in render.subject(found, WORDING)


def test_a_digest_of_one_is_an_alert_and_a_follow_up_of_one_stays_one() -> None:
    assert gathered(1).kind == "alert"
    assert gathered(1, "follow").kind == "follow"


def test_json_for_machines_has_the_same_articles() -> None:
    data = render.as_json(gathered(2), id_="i1", delivery_id="i1-desk", at=NOW)
    assert [a["title"] for a in data["articles"]] == ["خبر 0", "خبر 1"]
    assert data["delivery_id"] == "i1-desk"


def test_a_missing_or_unknown_label_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "messages.yaml").write_text("labels:\n  urgent: u\n  colour: c\n", "utf-8")
    with pytest.raises(UserError) as caught:
        render.load_wording(tmp_path)
    assert "messages.yaml:3" in str(caught.value)
    assert "the label why is missing" in str(caught.value)


def test_a_headline_that_begins_with_a_latin_name_still_runs_from_right_to_left() -> None:
    found = message(title="NATO يجتمع")
    assert '<bdi dir="rtl">NATO يجتمع</bdi>' in render.html(found, WORDING)
    assert f"{render.RLI}NATO يجتمع{render.PDI}" in render.plain(found, WORDING)


def test_an_alert_without_an_article_has_no_link() -> None:
    silent = message_of(replace(alert(url="", title="صمت"), article=""), Links())
    assert "href" not in render.html(silent, WORDING)
    assert "href" not in render.simple_html(silent, WORDING)
    assert WORDING.labels["article"] not in render.plain(silent, WORDING)


class Beside:
    """What stands around an alert, as given."""

    def name(self, outlet: str) -> str:
        return {"marfa": "مرفأ"}.get(outlet, outlet)

    def others(self, story: str, outlet: str) -> tuple[str, ...]:
        return ("نافذة", "Window <b>News</b>") if story else ()

    def agency(self, agency: str) -> str:
        return "وكالة فرانس برس" if agency == "afp" else agency

    def silent(self, query: str) -> tuple[tuple[str, ...], int]:
        return ("ميناء", "برج", "جسر"), 12


def test_a_message_names_the_storys_other_outlets_and_the_silent_ones() -> None:
    made = message_of(replace(alert(), story="s1"), LINKS, Beside())
    page = read(render.html(made, WORDING))
    assert page.open == []
    said = " ".join(page.text)
    for form in (said, render.plain(made, WORDING)):
        assert all(name in form for name in ("مرفأ", "نافذة", "Window <b>News</b>", "3/12", "ميناء", "جسر"))
    assert "&lt;b&gt;News" in render.simple_html(made, WORDING)
    plain = render.as_json(made, id_="i1", delivery_id="d1", at=NOW)
    assert (plain["outlets"], plain["silent"]) == (12, ["ميناء", "برج", "جسر"])
    assert plain["articles"][0]["others"] == ["نافذة", "Window <b>News</b>"]


def test_a_message_shows_what_was_and_what_is_and_that_an_article_was_deleted() -> None:
    edits = [{"place": "text", "old": "موسكو \u0002تنفي\u0003 <i>", "new": "موسكو \u0002تؤكد\u0003"}]
    made = message(edits=edits, deleted=NOW.isoformat())
    page = read(render.html(made, WORDING))
    assert page.open == []
    assert page.seen.count("mark") == 3
    assert "*تنفي*" in render.plain(made, WORDING)
    assert WORDING.labels["deleted"] in render.plain(made, WORDING)
    assert render.as_json(made, id_="i1", delivery_id="d1", at=NOW)["articles"][0]["edits"][0]["new"].count("\u0002")


def test_a_follow_up_counts_outlets_and_not_articles() -> None:
    members = [replace(alert(outlet=f"o{n % 2}"), article=f"a{n}") for n in range(5)]
    made = message_of(replace(alert(), extra={"members": members, "kind": "follow"}), LINKS)
    assert (made.count, made.left_out) == (2, 0)
