"""The query language, and how it is asked of each index."""
