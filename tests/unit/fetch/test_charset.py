from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.fetch.charset import decode

TEXT = "رحبت الجامعة اليوم في القاهرة بقرار المحكمة، وقالت إن التحقيق من شأنه أن يكشف كل شيء على الأرض. فقط، وسط."
"""Two sentences of ours: a university welcomes a court's decision."""
PAGE = f"<html><head><title>{TEXT}</title></head><body><p>{TEXT}</p></body></html>"


@pytest.mark.parametrize(
    "charset", ["utf-8", "windows-1256", "iso-8859-6", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"]
)
@pytest.mark.parametrize("declared", [None, "utf-8", "windows-1256", "iso-8859-1", "iso-8859-6", "nonsense"])
def test_a_page_is_read_right_whatever_is_declared(charset: str, declared: str | None) -> None:
    plain = PAGE.replace("،", ",") if charset == "iso-8859-6" else PAGE
    header = f"text/html; charset={declared}" if declared else None
    assert decode(plain.encode(charset), header)[0] == plain


def test_a_meta_declaration_that_lies_is_overruled() -> None:
    page = f'<meta charset="utf-8"><p>{TEXT}</p>'
    assert decode(page.encode("windows-1256"), None) == (page, "windows-1256")


def test_one_bad_byte_costs_one_character() -> None:
    body = PAGE.encode()
    broken = body[:10] + b"\xff" + body[10:]
    text, charset = decode(broken, "text/html; charset=windows-1256")
    assert charset == "utf-8"
    assert text.count("\ufffd") == 1


def test_a_body_cut_in_a_character_stays_utf8() -> None:
    body = PAGE.encode()
    cut = body[: body.rindex("الأرض".encode()) + 3]  # "the earth"
    assert decode(cut, None)[1] == "utf-8"


@pytest.mark.parametrize("misread", ["latin-1", "windows-1256"])
def test_text_that_was_encoded_twice_is_repaired(misread: str) -> None:
    body = PAGE.encode("utf-8").decode(misread).encode("utf-8")
    assert decode(body, "text/html; charset=utf-8") == (PAGE, "utf-8+repaired")


def test_text_that_only_looks_twice_encoded_is_left_alone() -> None:
    text = "قال فقط، وسط، ضغط؛ ولفظ… «حفظ»" * 20  # endings in ط and ظ before punctuation
    assert decode(text.encode(), None) == (text, "utf-8")


def test_french_pages_are_not_made_arabic() -> None:
    text = "<p>Les élèves français à l'école, où ça été</p>"
    assert decode(text.encode("latin-1"), None)[0] == text
    assert decode(text.encode("latin-1"), "text/html; charset=iso-8859-1")[0] == text


@pytest.mark.parametrize("name", ["utf-7", "idna", "unicode_escape", "rot13", "zlib", "../../x", "undefined"])
def test_charsets_that_are_no_charsets_are_not_used(name: str) -> None:
    assert decode("x +ADw-script+AD4- é".encode("latin-1"), f"text/html; charset={name}")[0] == "x +ADw-script+AD4- é"


def test_the_re_encoded_pages_are_read_right(data_folder: Path) -> None:
    rows = json.loads((data_folder / "pages" / "index.json").read_text("utf-8"))
    files = [row["file"] for row in rows if "1256" in row["file"]]
    assert files
    for file in files:
        text, charset = decode((data_folder / "pages" / file).read_bytes(), None)
        assert charset == "windows-1256", file
        assert "\ufffd" not in text
        assert text.count("ال") > 20  # "the"


@given(body=st.binary(max_size=400), header=st.none() | st.text(max_size=30))
def test_no_bytes_make_it_fail(body: bytes, header: str | None) -> None:
    text, charset = decode(body, header)
    assert isinstance(text, str)
    assert charset
