"""For those who run it: health, metrics and their port, the live view, the audit, backups, traces."""
