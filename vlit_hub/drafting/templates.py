"""Templates with `{placeholders}`, filled for many rows at once.

Templates with the same placeholders in the same order are filled together by one concatenation of columns, so the cost depends
on the rows and hardly on how many templates there are.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.drafting.columns import Ints

__all__ = ["TemplateFault", "Templates", "parse"]

Parsed = tuple[tuple[str, ...], tuple[str, ...]]


class TemplateFault(ValueError):
    """A template that can't be read; the message says why."""


def parse(template: str) -> Parsed:
    """The literal pieces of a template and the placeholders between them (always one less).

    >>> parse("Where {is} {the_label}?")
    (('Where ', ' ', '?'), ('is', 'the_label'))

    Raises:
        TemplateFault: Braces don't match, or hold something else than a name.
    """
    literals, names = [""], []
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError:
        raise TemplateFault("a brace has no partner; write {{ or }} for a brace in the text") from None
    for literal, name, form, conversion in pieces:
        literals[-1] += literal
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise TemplateFault(
                f"{{{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}}} is no name"
            )
        names.append(name)
        literals.append("")
    return tuple(literals), tuple(names)


class Templates:
    """Templates to choose from.

    Attributes:
        placeholders: All that occur in any of them.
    """

    def __init__(self, templates: Sequence[str]) -> None:
        parsed = [parse(template) for template in templates]
        signatures = list(dict.fromkeys(names for _, names in parsed))
        self.placeholders = frozenset(name for names in signatures for name in names)
        self._of = [frozenset(names) for _, names in parsed]
        self._group = np.array([signatures.index(names) for _, names in parsed], dtype=np.int64)
        self._place = np.zeros(len(parsed), dtype=np.int64)
        self._groups: list[tuple[tuple[str, ...], list[pl.Series | None]]] = []
        for number, names in enumerate(signatures):
            members = np.flatnonzero(self._group == number)
            self._place[members] = np.arange(len(members))
            literals = [parsed[member][0] for member in members]
            # A piece that is empty in all templates of the group is left out.
            pieces = [pl.Series(texts) if any(texts) else None for texts in zip(*literals, strict=True)]
            self._groups.append((names, pieces))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._group)

    def mention(self, placeholders: frozenset[str]) -> npt.NDArray[np.bool_]:
        """Which templates have at least one of these placeholders."""
        return np.array([bool(names & placeholders) for names in self._of], dtype=np.bool_)

    def fill(self, chosen: Ints, columns: Mapping[str, pl.Series]) -> pl.Series:
        """Each row's text: its chosen template with its values; null where a value that it has is null."""
        groups = self._group[chosen]
        parts, order = [], []
        for number in range(len(self._groups)):
            rows = np.flatnonzero(groups == number) if len(self._groups) > 1 else None
            parts.append(self._fill_group(number, chosen, rows, columns))
            if rows is None:
                return parts[0]
            order.append(rows)
        places = np.empty(len(chosen), dtype=np.int64)
        places[np.concatenate(order)] = np.arange(len(chosen))
        return pl.concat(parts)[places]

    def _fill_group(
        self, number: int, chosen: Ints, rows: npt.NDArray[np.intp] | None, columns: Mapping[str, pl.Series]
    ) -> pl.Series:
        names, literals = self._groups[number]
        places = self._place[chosen if rows is None else chosen[rows]]
        values = [columns[name] if rows is None else columns[name][rows] for name in names]
        pieces = [piece if piece is None else piece[places] for piece in literals]
        between = [piece for pair in zip(pieces, [*values, None], strict=True) for piece in pair if piece is not None]
        return between[0] if len(between) == 1 else pl.select(pl.concat_str(between)).to_series()
