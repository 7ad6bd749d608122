"""Annotation files in JSON: typed, sliced where they are too large for the memory, with faults named by record."""
