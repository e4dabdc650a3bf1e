"""A page to its article: title, paragraphs, metadata. Pure."""
