"""First-party plugins, written against the public hooks only."""
