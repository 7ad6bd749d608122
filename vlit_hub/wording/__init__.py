"""English wording that strategies share: forms of category names, mentions in texts, tidy sentences."""
