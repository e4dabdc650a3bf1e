"""Thin tasks: load, call, save, send next."""
