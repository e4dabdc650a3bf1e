"""The making of an article, on one screen. Pure: a page in, an article out, no queue and no store.

The order carries reasons:
1. extract first: everything after works on the article's text, not on the page.
2. clean before tag and fingerprint, so that share bars, tails and credits neither tag names nor tell reprints apart.
3. tag on the cleaned text, because mention offsets must fit the text that is indexed and shown.
4. fingerprint last, over folded words; who else carries the text is asked by the task, for that needs a store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from workers import dedupe, extract
from workers.arabic.fold import fold
from workers.clean import Cleaner
from workers.errors import Drop
from workers.fetch.blocked import Barriers, Blocked
from workers.model import Article, Cleaned, Extract, FeedEntry, Fingerprint, Outlet, Page, Tags
from workers.settings import Settings
from workers.tag import Tagger


@dataclass(frozen=True, slots=True)
class Made:
    """An article as made from one page, before the stores are asked who else carries it."""

    article: Article
    fingerprint: Fingerprint
    extract: Extract


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The pure rooms, loaded once a process."""

    settings: Settings
    cleaner: Cleaner
    tagger: Tagger
    rules_version: str
    barriers: Barriers = field(default_factory=Barriers)

    def make(
        self, page: Page, html: str, *, outlet: Outlet, learned: Collection[str] = (), summaries: bool = True
    ) -> Made:
        """The article of `page`; raises `Drop` where it is none. `learned`: folded lines known as the outlet's.

        Where something stands in the page's place, the feed's summary is taken if the outlet's profile says so, and
        `summaries`: an article that is known already is not made less by a page that was closed later.
        """
        try:
            extracted = self._extracted(page, html, outlet)
        except Blocked:
            if not (summaries and outlet.profile.summary_when_blocked):
                raise
            extracted = extract.from_entry(page.entry, outlet=outlet)
        return self.finish(page, extracted, outlet=outlet, learned=learned)

    def _extracted(self, page: Page, html: str, outlet: Outlet) -> Extract:
        if page.blocked:
            raise Blocked("refused", page.blocked)
        try:
            found = extract.extract(
                html,
                url=page.final_url,
                outlet=outlet,
                entry=page.entry,
                now=page.fetched_at,
                settings=self.settings.extract,
            )
        except Drop as drop:
            if drop.status == "not_article":  # say what stands there, where that can be told
                self.barriers.check(html, url=page.final_url, letters=0)
            raise
        if found.method != "feed":
            self.barriers.check(html, url=page.final_url, letters=sum(len(p.text) for p in found.paragraphs))
        return found

    def finish(self, page: Page, extracted: Extract, *, outlet: Outlet, learned: Collection[str] = ()) -> Made:
        """The stages after extraction, for text that came some other way (a text file, a feed's own content)."""
        cleaned = self.cleaner.clean(extracted, outlet=outlet, learned=learned)
        tags = self.tagger.tag(cleaned, outlet=outlet)
        fingerprint = dedupe.fingerprint(cleaned, self.settings.dedupe, tags.about)
        article = _join(page, extracted, cleaned, tags, outlet, _text_hash(cleaned, fingerprint), self.rules_version)
        return Made(article, fingerprint, extracted)

    def retag(self, articles: Sequence[Article], outlets: Sequence[Outlet]) -> list[Article]:
        """`articles`, of these outlets, with the names that today's catalogue finds in their texts; all else stays."""
        cleaned = [
            Cleaned(
                title=article.title,
                paragraphs=article.paragraphs,
                subtitle=article.subtitle,
                byline=article.byline,
                caption=article.caption,
                credit=article.credit,
            )
            for article in articles
        ]
        names = self.rules_version.partition(".")[2]
        return [
            replace(
                article,
                mentions=tags.mentions,
                related=tags.related,
                about=tags.about,
                rules_version=f"{article.rules_version.partition('.')[0]}.{names}",
            )
            for article, tags in zip(articles, self.tagger.tag_each(cleaned, outlets), strict=True)
        ]


def _join(
    page: Page, found: Extract, cleaned: Cleaned, tags: Tags, outlet: Outlet, text_hash: str, rules_version: str
) -> Article:
    return Article(
        id=page.id,
        url=page.entry.url,
        canonical_url=found.canonical_url or page.entry.url,
        outlet=outlet.id,
        country=outlet.country,
        language=found.language or outlet.languages[0],
        feeds=page.feeds or (page.entry.feed,),
        title=cleaned.title,
        subtitle=cleaned.subtitle,
        kicker=cleaned.kicker,
        byline=cleaned.byline,
        published=found.published,
        published_source=found.published_source,
        credit=cleaned.credit,
        paragraphs=cleaned.paragraphs,
        image=found.image,
        caption=cleaned.caption,
        removed=cleaned.removed,
        mentions=tags.mentions,
        related=tags.related,
        about=tags.about,
        first_seen_at=page.fetched_at,
        updated_at=page.fetched_at,
        rules_version=rules_version,
        text_hash=text_hash,
        archive=page.archive,
        method=found.method,
    )


def _text_hash(cleaned: Cleaned, fingerprint: Fingerprint) -> str:
    return hashlib.sha256(f"{fold(cleaned.title)}\n{fingerprint.exact}".encode()).hexdigest()[:32]


def page_of_file(entry_id: str, url: str, outlet: str, now: datetime) -> Page:
    """A page record for a file on the command line, which no feed offered and nobody fetched."""
    entry = FeedEntry(id=entry_id, feed="", outlet=outlet, url=url)
    return Page(id=entry_id, entry=entry, final_url=url, status=200, charset="utf-8", fetched_at=now)
