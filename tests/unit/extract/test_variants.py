"""One article in the many ways in which editors and systems write a paragraph: the text stays the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.extract.test_outlets import PAGES, told
from workers.bench.pages import SavedPage, score


def linked(text: str) -> str:
    words = text.split()
    return f'<p>{" ".join(words[:3])} <a href="/t/1">{" ".join(words[3:6])}</a> {" ".join(words[6:])}</p>'


def mostly_linked(text: str) -> str:
    words = (f'<a href="/t/{n}">{word}</a>' if n % 5 == 0 else word for n, word in enumerate(text.split()))
    return f"<p>{' '.join(words)}</p>"


VARIANTS: dict[str, Callable[[str], str]] = {
    "a block around each": "<div><p>{}</p></div>".format,
    "blocks only": "<div>{}</div>".format,
    "spans and doubled breaks": "<span>{}</span><br><br>".format,
    "bare text and breaks": "{}<br>".format,
    "a linked name": linked,
    "a linked name in a block": lambda text: f"<div>{linked(text)}</div>",
    "many links": mostly_linked,
    "bold throughout": "<p><strong>{}</strong></p>".format,
    "empty paragraphs between": "<p>&nbsp;</p><p>{}</p><p>&nbsp;</p>".format,
    "pasted styles": '<p style="border:0px"><span style="font-size:14pt"><span>{}</span></span></p>'.format,
    "never closed": "<p>{}".format,
    "set as headings": "<h4>{}</h4>".format,
    "pictures between": '<p><img src="a.jpg"></p><p>{}</p><figure><img src="b.jpg"></figure>'.format,
    "sections": '<section class="s"><div class="inner"><p>{}</p></div></section>'.format,
    "centred fonts": "<center><font size=4><p>{}</p></font></center>".format,
    "list items": "<ul><li>{}</li></ul>".format,
}
WRITTEN = ("daily_kicker_inline_related", "portal_related_links_in_body", "infinite_h2_noarticle", "wordpress_jnews")


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("page", [pytest.param(p, id=p.id) for p in PAGES if p.id in WRITTEN])
def test_the_text_is_the_same(page: SavedPage, variant: str) -> None:
    html = page.html
    for paragraph in page.gold.splitlines():
        html = html.replace(f"<p>{paragraph}</p>", VARIANTS[variant](paragraph))
    assert html != page.html
    changed = SavedPage(id=page.id, html=html, url=page.url, is_article=True, gold=page.gold, must=page.must,
                        must_not=page.must_not, title=page.title, author=page.author, date=page.date)  # fmt: skip
    found = score(changed, told(changed))
    assert (found.lost, found.leaks) == ((), ())
    assert found.f1 >= 0.97
