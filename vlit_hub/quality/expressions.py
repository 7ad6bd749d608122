"""Filter expressions: a small part of Python's syntax, turned into Polars expressions. Nothing is ever run as Python.

    image_sharpness > 50 and readable_image
    task in ('object_counting', 'object_presence') or response_words >= 3
    5 <= instruction_words < 200
    text_readability_unigram > quantile(0.05)      the 5th percentile of that column in this dataset
    not yes_no_contradicted
    annotator_agreement is None or annotator_agreement >= 0.6

A comparison with what is null is unknown, as in SQL: neither true nor false. `and`, `or` and `not` carry it on (unknown and
false is false, unknown or true is true). What comes out unknown at the end is the filter's to decide.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import polars as pl

from vlit_hub.errors import UsageError

__all__ = ["Condition", "parse", "split"]

_OPERATORS: Mapping[type[ast.cmpop], Callable[[pl.Expr, Any], pl.Expr]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_MIRRORED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
}
_DEEPEST = 50
_AROUND = 60  # characters of an expression that are shown on either side of what is wrong in it


@dataclass(frozen=True)
class Condition:
    """One part of an expression, of those that `and` puts together at its top.

    Attributes:
        text: As it was written, with quantiles as the numbers they came to.
        expression: True, false or null for each record.
        columns: The columns that it looks at.
    """

    text: str
    expression: pl.Expr
    columns: tuple[str, ...]


def parse(text: str, kind: Callable[[str], str], quantile: Callable[[str, float], float | None]) -> list[Condition]:
    """The conditions of an expression.

    Args:
        text: The expression.
        kind: What a column holds: `number`, `text` or `yes or no`; raises for a column that isn't there.
        quantile: The value of a column below which a share of its values lies; None where it has none.

    Raises:
        UsageError: It isn't one, with the place; or what `kind` raises.
    """
    source, parts = _parts(text)
    reader = _Reader(source, kind, quantile)
    return [reader.condition(part) for part in parts]


def split(text: str) -> list[str]:
    """An expression's parts that `and` puts together at its top, each as it is written.

    Raises:
        UsageError: It isn't an expression.
    """
    source, parts = _parts(text)
    return [ast.get_source_segment(source, part) or "" for part in parts]


def _parts(text: str) -> tuple[str, list[ast.expr]]:
    source = text.replace("\r", " ").replace("\n", " ").strip()
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        place = error.offset - 1 if error.offset and error.lineno == 1 else len(source)
        _refuse(source, place, error.msg if source else "there is nothing")
    except (ValueError, RecursionError, MemoryError):
        _refuse(source, 0, "it is too deep, or has a character that nothing has")
    return source, tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]


def _refuse(source: str, place: int, reason: str) -> NoReturn:
    first = max(0, place - _AROUND)
    seen = source[first : place + _AROUND]
    raise UsageError(f"the filter can't be read at column {place + 1}: {reason}.\n  {seen}\n  {' ' * (place - first)}^")


class _Reader:
    def __init__(self, source: str, kind: Callable[[str], str], quantile: Callable[[str, float], float | None]) -> None:
        self.source = source
        self.kind = kind
        self.quantile = quantile
        self.columns: dict[str, None] = {}
        self.values: list[tuple[int, int, str]] = []

    def condition(self, node: ast.expr) -> Condition:
        self.columns, self.values = {}, []
        expression = self.truth(node, 0)
        start, text = self._offset(node), ast.get_source_segment(self.source, node) or ""
        for first, last, value in sorted(self.values, reverse=True):
            text = text[: first - start] + value + text[last - start :]
        return Condition(" ".join(text.split()), expression, tuple(self.columns))

    def truth(self, node: ast.expr, depth: int) -> pl.Expr:
        """Something that is true or false of a record."""
        if depth > _DEEPEST:
            self.refuse(node, "it is nested too deep")
        match node:
            case ast.BoolOp(op=op, values=values):
                parts = [self.truth(value, depth + 1) for value in values]
                # not a chain of & or |: Polars takes minutes for one of a thousand parts
                return pl.all_horizontal(parts) if isinstance(op, ast.And) else pl.any_horizontal(parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ~self.truth(operand, depth + 1)
            case ast.Compare():
                return self.comparison(node)
            case ast.Name(id=name):
                if self._kind(name, node) != "yes or no":
                    self.refuse(
                        node,
                        f"{name} is a {self.kind(name)}, to be compared with something: {name} > 0.5, {name} == 'a'",
                    )
                return pl.col(name)
            case ast.Constant(value=bool() as value):
                return pl.lit(value)
        self.refuse(node, "here a comparison, a yes-or-no indicator, `and`, `or` or `not` can stand")

    def comparison(self, node: ast.Compare) -> pl.Expr:
        sides = [node.left, *node.comparators]
        return pl.all_horizontal(
            self.pair(left, op, right) for left, op, right in zip(sides, node.ops, sides[1:], strict=False)
        )

    def pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> pl.Expr:
        if not isinstance(left, ast.Name) and isinstance(right, ast.Name) and type(op) in _MIRRORED:
            return self.pair(right, _MIRRORED[type(op)](), left)
        if not isinstance(left, ast.Name):
            self.refuse(left, "one side of a comparison must be an indicator")
        name, kind = left.id, self._kind(left.id, left)
        column = pl.col(name)
        if isinstance(op, ast.Is | ast.IsNot):
            if not (isinstance(right, ast.Constant) and right.value is None):
                self.refuse(right, "after `is` only None can stand")
            return column.is_null() if isinstance(op, ast.Is) else column.is_not_null()
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(right, ast.Tuple | ast.List | ast.Set) or not right.elts:
                self.refuse(right, "after `in` stands a list of values: ('a', 'b')")
            values = [self.value(one, name, kind) for one in right.elts]
            inside = pl.any_horizontal(column == value for value in values)
            return inside if isinstance(op, ast.In) else ~inside
        if type(op) not in _OPERATORS:
            self.refuse(right, "this comparison isn't known")
        if isinstance(right, ast.Name):
            if self._kind(right.id, right) != kind:
                self.refuse(right, f"{right.id} is a {self.kind(right.id)}, {name} a {kind}")
            return _OPERATORS[type(op)](column, pl.col(right.id))
        if isinstance(right, ast.Constant) and right.value is None:
            self.refuse(right, f"write: {name} is None")
        if kind == "yes or no" and not isinstance(op, ast.Eq | ast.NotEq):
            self.refuse(right, f"{name} is a yes or no: write {name}, or not {name}")
        return _OPERATORS[type(op)](column, self.value(right, name, kind))

    def value(self, node: ast.expr, name: str, kind: str) -> Any:
        """A value to compare a column with."""
        sign, inner = 1, node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd) and kind == "number":
            sign, inner = (-1 if isinstance(node.op, ast.USub) else 1), node.operand
        match inner:
            case ast.Constant(value=bool() as value) if kind == "yes or no":
                return value
            case ast.Constant(value=str() as value) if kind == "text":
                return value
            case ast.Constant(value=int() | float() as value) if kind == "number" and not isinstance(value, bool):
                if not abs(value) <= 1e300:  # any int can be compared, not any is a float
                    self.refuse(inner, "the number is too large")
                return float(sign * value)
            case ast.Call(
                func=ast.Name(id="quantile"), args=[ast.Constant(value=int() | float() as share)], keywords=[]
            ) if kind == "number" and inner is node and not isinstance(share, bool):
                return self.resolved(node, name, share)
            case ast.Call():
                self.refuse(node, "the only function is quantile(SHARE), of an indicator that is a number")
        self.refuse(node, f"{name} is a {kind}, and this isn't")

    def resolved(self, node: ast.expr, name: str, share: int | float) -> float:
        if not 0 <= share <= 1:
            self.refuse(node, "a quantile lies between 0 and 1")
        value = self.quantile(name, float(share))
        if value is None:
            self.refuse(node, f"{name} is null for all records, so it has no quantiles")
        end = self._offset(node) + len(ast.get_source_segment(self.source, node) or "")
        self.values.append((self._offset(node), end, f"{value:.6g}"))
        return value

    def refuse(self, node: ast.expr, reason: str) -> NoReturn:
        _refuse(self.source, self._offset(node), reason)

    def _kind(self, name: str, node: ast.expr) -> str:
        self.columns[name] = None
        return self.kind(name)

    def _offset(self, node: ast.expr) -> int:
        """Where a node begins, in characters; Python counts bytes."""
        return len(self.source.encode()[: node.col_offset].decode())
