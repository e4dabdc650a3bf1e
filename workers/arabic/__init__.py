"""One treatment of Arabic text for clean, dedupe, tag, search and alert. Pure: knows no other room."""
