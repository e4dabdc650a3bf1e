"""Alert rules (pure)."""
