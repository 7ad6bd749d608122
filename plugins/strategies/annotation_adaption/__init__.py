"""Annotation adaption: annotations become records by instruction pools and templates."""
