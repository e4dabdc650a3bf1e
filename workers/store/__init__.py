"""Where things are kept: Redis, SQLite, the page archive."""
