"""docs/cards.md: what it shows runs, and its numbers are those of the code."""

import re
import shutil
from pathlib import Path

from vlit_hub.publishing import examples, measuring

PAGE = (Path(__file__).parents[2] / "docs" / "cards.md").read_text()


def test_the_python_on_the_page_runs(with_card: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(with_card, tmp_path / "coco_aa")
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(code.replace("built/coco_aa", str(folder)), {})


def test_the_numbers_on_the_page() -> None:
    assert f"a sample of {measuring.SAMPLE:,} records" in PAGE
    words = re.search(r"\*(the, with.*?)\*", PAGE)
    assert words is not None and words[1].replace(", ", "|") in measuring.ENGLISH
    assert f"({examples.SIDE} pixels" in PAGE
