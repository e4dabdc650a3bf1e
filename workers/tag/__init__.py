"""Who and where: names found and linked. Pure."""
