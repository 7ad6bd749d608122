"""Plugins' sections of a card: one that fails costs its own section alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.publishing.conftest import MakeFolder
from vlit_hub import CardSection, SectionText, hookimpl, plugin_manager, readme
from vlit_hub.publishing.card import make_card, write_card
from vlit_hub.publishing.folder import open_folder


@pytest.fixture(autouse=True)
def forget_plugins() -> Iterator[None]:
    yield
    plugin_manager.reset()


def register(**sections: Any) -> None:
    class Plugin:
        @hookimpl
        def register_card_sections(self) -> list[CardSection]:
            return [CardSection(name=name, write=write) for name, write in sections.items()]

    plugin_manager.register(Plugin(), "mine")


def blocks(folder: Path) -> dict[str, str]:
    return {name: block.text for name, block in readme.parse(make_card(open_folder(folder)).text).blocks.items()}


def test_sections_stand_below_the_limits_by_name(make_folder: MakeFolder) -> None:
    register(
        b=lambda folder, summary: SectionText(f"## B\n\n{summary.records} of {folder.repo_id}"),
        a=lambda *_: SectionText("## A"),
        c=lambda *_: None,
    )
    found = blocks(make_folder(photos="none"))
    names = list(found)
    place = names.index("limits")
    assert names[place : place + 4] == ["limits", "section-a", "section-b", "licences"]
    assert found["section-b"] == "## B\n\n24 of vlit_hub/trams"


def test_an_edited_section_is_kept(make_folder: MakeFolder) -> None:
    register(a=lambda *_: SectionText("## A"))
    folder = make_folder(photos="none")
    write_card(folder)
    file = folder / "README.md"
    file.write_text(file.read_text().replace("## A\n", "## A, by Ada\n"))
    assert write_card(folder).kept == ("block section-a",)
    assert "## A, by Ada" in file.read_text()


@pytest.mark.parametrize(
    ("write", "reason"),
    [(lambda *_: 1 / 0, "ZeroDivisionError"), (lambda *_: "## A", "it gave '## A', not a SectionText")],
)
def test_one_that_fails_is_left_out_with_a_warning(
    make_folder: MakeFolder, caplog: pytest.LogCaptureFixture, write: Any, reason: str
) -> None:
    register(bad=write, good=lambda *_: SectionText("## Good"))
    with caplog.at_level(logging.WARNING):
        found = blocks(make_folder(photos="none"))
    assert "section-bad" not in found and found["section-good"] == "## Good"
    assert "'mine'" in caplog.text and "card section 'bad' is left out" in caplog.text and reason in caplog.text
