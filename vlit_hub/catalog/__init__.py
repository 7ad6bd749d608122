"""The catalogue of published instruction data: what Li et al. 2024 say of models, datasets and tasks. See docs/catalog.md."""

from vlit_hub.catalog.entries import Count, DatasetEntry, Entry, ModelEntry, TaskEntry
from vlit_hub.catalog.finding import Filters
from vlit_hub.catalog.reading import Catalog, read_catalog

__all__ = ["Catalog", "Count", "DatasetEntry", "Entry", "Filters", "ModelEntry", "TaskEntry", "read_catalog"]
