"""Measurements: `rasid bench …`. Modules with a `command` are commands; the rest serve them."""
