"""A page to its article: title, paragraphs, metadata. Pure.

Order: parse and guard, read the metadata, find the headline, prune by names and by places, find the body below the
headline, extract, choose among the fallbacks, gate what is no article.
`extract` reads HTML that is already decoded, `from_text` plain text, `from_entry` what a feed says of an article.
"""

from workers.extract.article import extract
from workers.extract.plain import from_text
from workers.extract.summary import from_entry

__all__ = ["extract", "from_entry", "from_text"]
