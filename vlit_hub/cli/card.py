"""`vlit-hub card`."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import Annotated

import typer

from vlit_hub.errors import MissingExtra

__all__ = ["card"]


def card(
    name: Annotated[str, typer.Argument(help="A dataset built here, or its folder.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say what is wrong with the card.")] = False,
    repo_id: Annotated[str | None, typer.Option(help="Hub name in the card. [default: as built]")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace generated parts that were edited too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Write the dataset card: README.md, plots, examples, licences and croissant.json, computed from the records.

    What people write into README.md outside of the generated parts stays. With --check the exit code is 1 where something
    is wrong, with a line each.

    Examples:

      vlit-hub card coco_aa

      vlit-hub card built/coco_aa --check
    """
    from vlit_hub.publishing.card import CROISSANT, write_card
    from vlit_hub.publishing.checking import check_card
    from vlit_hub.publishing.croissant import validate
    from vlit_hub.publishing.folder import open_folder
    from vlit_hub.registry import find_folder

    folder = Path(name).expanduser() if Path(name).expanduser().is_dir() else find_folder(name)
    written = None if check else write_card(folder, repo_id, force=force)
    notes = []
    faults = check_card(open_folder(folder))
    if check and (folder / CROISSANT).exists():
        try:
            faults += validate(folder / CROISSANT)
        except MissingExtra as error:  # all else was checked
            notes.append(str(error))
    if json:
        files, kept = (list(written.files), list(written.kept)) if written else ([], [])
        found = {"folder": str(folder), "files": files, "kept": kept, "faults": faults, "notes": notes}
        print(json_module.dumps(found, indent=2, ensure_ascii=False))
    else:
        if written:
            print(f"written to {folder}: {', '.join(written.files)}")
            for what in written.kept:
                print(f"kept as it was edited: {what} (--force replaces it)")
        elif not faults:
            print(f"{folder / 'README.md'}: good")
        for line in (*faults, *notes):
            print(line, file=sys.stderr)
    if faults:
        raise typer.Exit(1)
