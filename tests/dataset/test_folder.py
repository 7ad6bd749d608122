from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.quality.making import record
from vlit_hub.dataset.folder import FolderWriter, check_out
from vlit_hub.errors import InputError, UsageError
from vlit_hub.records import from_rows, schema


def write(out: Path, **more: object) -> dict[str, object]:
    photo = Path("photo.png")
    tables = [
        from_rows([record(1, [photo]), record(2, id="b")]),
        from_rows([record(1, id="c"), record(3, image_ids=["3", "4"], id="d")]),
    ]
    with FolderWriter(out) as writer:
        for table in tables:
            writer.write("train", [table], schema())
        keys = pl.DataFrame({"split": "train", "image_key": ["1", "4", "5", "2"], "file_name": "x.jpg"})
        writer.write_images(keys)
        return writer.finish({"repo_id": "vlit_hub/toy", **more}, "Made by a test.")


def test_images_are_counted_once_however_many_records_show_them(tmp_path: Path) -> None:
    out = tmp_path / "toy"
    split = write(out)["splits"]["train"]  # type: ignore[index]
    assert (split["records"], split["images"], split["images_with_photo"], split["records_with_photo"]) == (4, 4, 1, 1)
    assert pl.read_parquet(out / "images.parquet")["image_key"].to_list() == ["1", "4", "2"]


def test_what_people_wrote_into_the_readme_stays(tmp_path: Path) -> None:
    out = tmp_path / "toy"
    write(out)
    readme = out / "README.md"
    readme.write_text(readme.read_text() + "\nAsk Ada about the trams.\n")
    check_out(out, force=True)
    write(out)
    assert "Ask Ada about the trams." in readme.read_text() and "Made by a test." in readme.read_text()
    readme.write_text("---\nlicense: [\n---\n")
    with pytest.raises(InputError):
        check_out(out, force=True)


def test_a_writer_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), FolderWriter(tmp_path / "toy") as writer:
        writer.write("train", [from_rows([record(1)])], schema())
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(UsageError, match="isn't a dataset"):
        check_out(tmp_path / "notes", force=True)
    write(tmp_path / "toy")
    with pytest.raises(UsageError, match="--force"):
        check_out(tmp_path / "toy", force=False)
