"""Sections that plugins add to the card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vlit_hub.publishing.folder import DatasetFolder
    from vlit_hub.publishing.summary import Summary

__all__ = ["CardSection", "SectionText", "plugin_sections"]


@dataclass(frozen=True)
class SectionText:
    """What a section says.

    Attributes:
        markdown: Its text, beginning with a heading of the second level.
        files: Files that the text shows, by their path in the dataset's folder: `plots/mine.png`.
    """

    markdown: str
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class CardSection:
    """A section of dataset cards, by a plugin.

    Attributes:
        name: Letters, digits, `_` and `-`; stands in the comments around the section in README.md.
        write: From the dataset's folder (its files, schema and build.json) and the numbers that the card has of it to the
            section's text; None to leave it out. The same dataset must give the same text.
    """

    name: str
    write: Callable[[DatasetFolder, Summary], SectionText | None]


def plugin_sections(folder: DatasetFolder, summary: Summary) -> dict[str, SectionText]:
    """The plugins' sections of a card, by name. One that fails is left out, with a warning that names its plugin."""
    from vlit_hub import plugin_manager

    written = {}
    for name, section in plugin_manager.card_sections().items():
        try:
            text = section.write(folder, summary)
            if text is not None and not isinstance(text, SectionText):
                raise TypeError(f"it gave {text!r}, not a SectionText")
        except Exception as error:  # a plugin's own fault must not cost the card
            plugin = plugin_manager.giver("card section", name)
            assert plugin is not None
            plugin.fault(f"its card section {name!r} is left out ({type(error).__name__}: {error})", error)
            continue
        if text is not None:
            written[name] = text
    return written
