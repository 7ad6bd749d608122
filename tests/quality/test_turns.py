from __future__ import annotations

from pathlib import Path

from tests.quality.making import record, write
from vlit_hub.quality.turns import READS, turns


def test_turns_keep_their_record_and_their_text(tmp_path: Path) -> None:
    rows = [
        record(0, instruction="Count the category.", text="dog", response="2"),
        record(1, instruction="And now?", response="No.", history=[{"instruction": "A cat?", "response": "Yes."}]),
    ]
    found = turns(write(tmp_path / "d", {"train": [rows]}).read(READS))
    assert sorted(found.rows()) == [(0, "Count the category.\ndog", "2"), (1, "A cat?", "Yes."), (1, "And now?", "No.")]
