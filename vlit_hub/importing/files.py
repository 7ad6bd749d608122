"""Somebody else's file as a dataset, where a command takes datasets: imported into the cache folder, by its looks."""

from __future__ import annotations

from pathlib import Path

from vlit_hub import plugin_manager
from vlit_hub.dataset.reading import Dataset, open_dataset
from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.importing.importer import Origin
from vlit_hub.importing.running import ImportOptions, import_dataset
from vlit_hub.importing.sniffing import sniff
from vlit_hub.paths import cache_folder

__all__ = ["dataset_of_file"]


def dataset_of_file(path: Path) -> Dataset:
    """The records of a file in one of the formats that can be imported, without photos; imported once.

    Raises:
        InputError: It looks like none of them, or nothing of it can be a record.
    """
    file = AnnotationFile(path)
    formats = sniff(file)
    if not formats:
        known = ", ".join(plugin_manager.importers())
        raise InputError(
            path, f"looks like no format that can be imported ({known})", "Import it: vlit-hub import --help"
        )
    importer = plugin_manager.get_importer(formats[0])
    digest = file.digest().partition(":")[2]
    folder = (
        cache_folder()
        / "imports"
        / f"{file.base_name.partition('.')[0]}-{importer.name}{importer.version}-{digest[:16]}"
    )
    if not (folder / "build.json").is_file():
        import_dataset(importer, Origin(str(path)), folder, ImportOptions(), repo_id=f"imported/{folder.name}")
    return open_dataset(folder)
