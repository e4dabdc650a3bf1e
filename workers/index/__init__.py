"""Articles in Elasticsearch, and the settings generated for it."""
