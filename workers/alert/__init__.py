"""Standing questions: rules, matching, delivery."""
