"""The builders: one module a dataset."""
