from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import vlit_hub


def test_the_list_is_sorted() -> None:
    assert vlit_hub.__all__ == sorted(vlit_hub.__all__)


@pytest.mark.parametrize("name", vlit_hub.__all__)
def test_every_name_is_there(name: str) -> None:
    value = getattr(vlit_hub, name)
    assert value is not None
    if not isinstance(value, str):
        assert value.__doc__


def test_no_name_is_a_module_of_its_own() -> None:
    """Importing a module `vlit_hub/per_image.py` would put it in the place of the function `vlit_hub.image_by_image`."""
    folder = Path(vlit_hub.__file__).parent
    assert not {path.stem for path in folder.iterdir()} & set(vlit_hub.__all__)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'vlit_hub' has no attribute 'load_datasets'"):
        _ = vlit_hub.load_datasets


def test_importing_it_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import vlit_hub; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    new = done.stdout.split()
    assert [name for name in new if name.startswith("vlit_hub")] == ["vlit_hub"]
    assert {name.partition(".")[0] for name in new} <= {"__future__", "_typing", "collections", "typing", "vlit_hub"}
