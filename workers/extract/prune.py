"""What is not the article and says so in its markup: removed before extraction.

Only whole class tokens and ids count. A substring ("related", "share") also names the wrappers of whole bodies: pruning
by substring deleted bodies on real pages (F1 .948 to .812), by exact token it raised F1 (research: extraction, 3).
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from workers.extract.tree import is_longer, text_of

_WIDGETS = """
share-links share-buttons share-title post-shortlink share-post share-bar sharedaddy sd-sharing sd-block
sharing-buttons social-share social-sharing social-icons share-icons social-links a2a_kit sharethis-inline-share-buttons
addtoany_share_save_container addthis_toolbox addthis_inline_share_toolbox heateor_sss_sharing_container
td-post-sharing td-post-sharing-top td-post-sharing-bottom mashsb-container shareaholic-canvas essb_links
ss-inline-share-wrapper article-share post-share entry-share share-article share-box share-container shares
share-widget post-bottom-share news-share print-share

related-posts related-post relatedposts jp-relatedposts yarpp yarpp-related crp_related rp4wp-related-posts
td_block_related_posts read-also read-more-box readalso read_also related-articles related-news related-stories
related-topics related-article related-content-block relatedNews RelatedNews related_posts more-news also-read
similar-posts post-nav post-navigation nav-links nav-previous nav-next prev-next next-prev td-post-next-prev
check-also check-also-box inline-related-post mag-box-related taboola trc_related_container OUTBRAIN outbrain
wp-block-latest-posts popular-posts most-read mostread most-viewed trending-posts breaking-news ticker

comments comments-area comment-list comment-respond comment-form compact-comments commentlist fb-comments
disqus_thread comment-section comments-section post-comments

newsletter newsletter-form newsletter-signup subscribe-box mc4wp-form mc_embed_signup follow-us follow-box
google-news google-news-follow app-download download-app adsbygoogle advertisement ads ad-container ad-slot
post-tags tagcloud tags-links entry-tags post-bottom-tags td-post-source-tags td-tags article-tags news-tags
author-box about-author author-bio post-author-box td-author-box breadcrumb breadcrumbs post-views entry-meta
piccap img-cap imgDesc imgCaption img-desc image-desc photo-desc photo-caption-text itemImageCaption
m-figure__legend picture__info wp-element-caption article-caption media-caption caption-media
post-navigation elementor-widget-share-buttons elementor-widget-post-navigation elementor-widget-posts
jeg_share_button jeg_share_top_container jeg_share_bottom_container jnews_inline_related_post_wrapper jeg_post_tags
jnews_prev_next_container jnews_author_box_container jnews_related_post_container jnews_comment_container
article-info itemToolbar itemRatingBlock
itemLinks itemAuthorLatest itemNavigation itemSocialSharing itemTagsBlock itemComments
simple-share rank-math-breadcrumb yoast-breadcrumbs ssba-classic-2 ssba simplesocialbuttons sassy-social-share
m-em-newsletter m-interstitial more-on article-source tags-cont keywordsDiv box-tags min_related
wp-caption-text gallery-caption image-caption img-caption photo-caption caption-text post-meta td-post-views
toc_container ez-toc-container lwptoc visually-hidden sr-only screen-reader-text print-only amp-sticky-ad
cookie-notice cookie-banner gdpr
"""
"""Class tokens: sharing (Jannah, AddToAny, AddThis, Jetpack, tagDiv …), related articles, comments, and the rest."""
TOKENS = frozenset(_WIDGETS.split())
_WIDGET_IDS = """
amp-mobile-version-switcher respond comments related-posts disqus_thread check-also-box share-buttons-bottom
share-buttons-top jp-relatedposts newsletter cookie-law-info-bar tie-block_related ez-toc-container toc_container
post-nav breadcrumb breadcrumbs taboola-below-article-thumbnails
"""
IDS = frozenset(_WIDGET_IDS.split())
_ROOTS = frozenset(("html", "body", "article", "main", "head"))
_KEEP_SHARE = 0.5
"""An element that holds more of the page's paragraph text than this is the page's body, whatever its class says."""
_SOME_PROSE = 300
"""Characters in <p> below which the page's text is taken to stand in other elements."""

_POST = re.compile(
    r"^https?://(?:(?:www|mobile|m)\.)?(?:twitter\.com|x\.com|facebook\.com|instagram\.com|t\.me|youtube\.com|tiktok\.com)/\S+$"
)
_EMBEDS = frozenset(
    ("twitter-tweet", "twitter-video", "instagram-media", "tiktok-embed", "fb-post", "fb-video", "telegram-post")
)


def prune(tree: HtmlElement, heading: HtmlElement | None = None) -> None:
    """Remove share bars, related lists, comment forms and the like; in place.

    A body under such a name stays, and so does what holds the headline.
    """
    found = [e for e in tree.iter("div", "section", "ul", "ol", "aside", "nav", "p", "span", "form", "dl", "footer",
                                  "figcaption", "a", "table", "h2", "h3", "h4") if _named(e)]  # fmt: skip
    if not found:
        return
    whole = _prose(tree)
    measure = _prose if whole > _SOME_PROSE else _text
    most = _KEEP_SHARE * measure(tree)
    above = set(() if heading is None else (heading, *heading.iterancestors()))
    for element in found:
        if element.tag in _ROOTS or element.getparent() is None or element in above:
            continue
        length = measure(element)
        if length <= most or (_is_comments(element) and whole - length >= _SOME_PROSE):
            element.drop_tree()


_FIELDS = "//textarea | //input[not(@type) or @type='text' or @type='email' or @type='search' or @type='password']"
_AROUND_FIELD = 400
"""Characters of text that may stand around an input field and still belong to its form (labels, hints)."""

_MOST_FIELDS = 200
"""Real pages have a dozen; each costs a look at what stands around it."""
_HINT = 120
"""Characters; a longer paragraph is no hint to a form."""


def drop_forms(tree: HtmlElement) -> None:
    """Remove what stands around input fields. The form element itself says nothing: some systems put all in one."""
    for field in tree.xpath(_FIELDS)[:_MOST_FIELDS]:
        if not any(above is tree for above in field.iterancestors()):  # it went with another field's form
            continue
        around = field
        while (parent := around.getparent()) is not None and parent.tag not in _ROOTS:
            if is_longer(parent, _AROUND_FIELD) or _holds_article(parent):
                break
            around = parent
        if around.getparent() is not None:
            around.drop_tree()


def _holds_article(element: HtmlElement) -> bool:
    return element.find(".//h1") is not None or any(is_longer(p, _HINT) for p in element.iter("p"))


_CAPTION = 160
"""Characters of the longest caption that is told by its place alone."""
_PICTURES = ("img", "picture", "amp-img")
_FRAMES = ("div", "p", "figure", "span", "td")
_SENTENCE_END = re.compile(r"[.!؟?…]\s*[»”\"')\]]*\s*$")


def drop_captions(tree: HtmlElement) -> None:
    """Remove what stands with a picture in a frame of its own: short words that end no sentence, and no other block."""
    for picture in list(tree.iter(*_PICTURES)):
        frame = _frame(picture)
        if frame is None or frame.getparent() is None:
            continue
        if (text := text_of(frame)) and not _SENTENCE_END.search(text) and not _has_link(frame):
            frame.drop_tree()


def _frame(picture: HtmlElement) -> HtmlElement | None:
    """The widest element around the picture that holds no more than a caption."""
    frame = None
    element = picture
    while (parent := element.getparent()) is not None and parent.tag in (*_FRAMES, "a", "picture", "amp-img"):
        if is_longer(parent, _CAPTION) or parent.find(".//h1") is not None or parent.find(".//h2") is not None:
            break
        element = parent
        if parent.tag in _FRAMES and text_of(parent):
            frame = parent
    return frame


def _has_link(frame: HtmlElement) -> bool:
    return any(text_of(link) for link in frame.iter("a"))


def _prose(element: HtmlElement) -> int:
    return sum(len(text_of(p)) for p in element.iter("p"))


def _text(element: HtmlElement) -> int:
    return len(text_of(element))


def _is_comments(element: HtmlElement) -> bool:
    """Readers may write more than the article has: what is named as their place goes where enough is left."""
    return "comment" in f"{element.get('id') or ''} {element.get('class') or ''}".lower()


def _named(element: HtmlElement) -> bool:
    classes, ident = element.get("class"), element.get("id")
    return (ident is not None and ident in IDS) or (classes is not None and not TOKENS.isdisjoint(classes.split()))


_HEADLINE = (15, 160)
"""Characters of a link that is another article's headline."""
_LABEL = re.compile(
    r"أيضا|ايضا|المزيد|ذات صلة|شاهد|طالع|اقرأ|إقرأ|اقرا|\b(?:also|read|related|lire|voir)\b", re.IGNORECASE
)
"""also (two spellings), more, related, watch, see, read (three spellings): what stands before such a link."""
_MOST_LABEL = 25
_LINK_BLOCKS = frozenset(
    ("p", "div", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "td", "tr", "table", "figure", "ul")
)


def drop_link_blocks(tree: HtmlElement) -> None:
    """Remove blocks that are nothing but one link, with or without a label: headlines of other articles."""
    for link in list(tree.iter("a")):
        href = link.get("href") or ""
        text = text_of(link)
        if not _HEADLINE[0] <= len(text) <= _HEADLINE[1] or href.startswith(("#", "mailto:", "javascript:", "tel:")):
            continue
        block = _only_holds(link, text)
        is_block = block.tag in _LINK_BLOCKS or any(child.tag in _LINK_BLOCKS for child in link.iterdescendants())
        if is_block and text.count(" ") > 1 and block.getparent() is not None:
            block.drop_tree()


def _only_holds(link: HtmlElement, text: str) -> HtmlElement:
    """The outermost element that holds the link and no other words than a label."""
    block = link
    while (parent := block.getparent()) is not None and parent.tag not in _ROOTS and parent.tag != "h1":
        if is_longer(parent, len(text) + _MOST_LABEL):
            break
        rest = text_of(parent).replace(text, "", 1).strip()
        if rest and not (len(rest) <= _MOST_LABEL and _LABEL.search(rest)):
            break
        block = parent
    return block


def mark_embeds(tree: HtmlElement) -> dict[str, str]:
    """Put a paragraph with its address in the place of every embedded post; returns address → address, in order.

    The post's words are another author's, and widgets change them: the address is what stays true.
    """
    found: dict[str, str] = {}
    for element in tree.xpath("//blockquote[@class] | //div[@class='fb-post' or @class='fb-video']"):
        if _EMBEDS.isdisjoint(element.get("class", "").split()):
            continue
        address = _address(element)
        tail = element.tail
        element.clear()
        element.tail = tail
        element.tag = "p"
        if address:
            element.text = address
            found[address] = address
    return found


def _address(element: HtmlElement) -> str:
    for name in ("data-instgrm-permalink", "cite", "data-href", "data-telegram-post"):
        if value := element.get(name):
            return str(value).split("?", maxsplit=1)[0]
    for link in reversed(element.findall(".//a")):
        href = (link.get("href") or "").split("?")[0]
        if _POST.match(href) and ("/status/" in href or "/p/" in href or "/posts/" in href or "video" in href):
            return str(href)
    return ""
