"""vlit-hub: image annotations into vision-language instruction data."""

__version__ = "0.1.0"
