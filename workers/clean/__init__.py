"""What is not the article goes, with evidence. Pure."""
