"""Annotation sources: one module a format, each a pure function from files to frames."""
