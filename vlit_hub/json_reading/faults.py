"""What is wrong with a file that isn't the JSON it should be, in plain words."""

from __future__ import annotations

import re

import msgspec

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile

__all__ = ["BOM", "byte_at_fault", "explain", "looks_like", "rebased", "shape_fault"]

BOM = b"\xef\xbb\xbf"

# How files that are no JSON begin. The pointer is what a clone without `git lfs` leaves in the place of a large file.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
    (b"version https://git-lfs", "a Git LFS pointer (`git lfs pull` fetches the file itself)"),
)
_HTML = re.compile(rb"<(!doctype|html|head|body)\b", re.IGNORECASE)
_NO_NUMBER = re.compile(rb"-?(NaN|Infinity)")

# The messages of msgspec: the place at the end of each is its documented form.
_BYTE = re.compile(r"JSON is malformed: (.*) \(byte (\d+)\)")
_PATH = re.compile(r"(.*) - at `(.*)`")
_ITEM = re.compile(r"\$\[(\d+)\](.*)")
_GOT = re.compile(r"Expected `(.*)`, got `(.*)`")
_LENGTH = re.compile(r"Expected `array` of length (\d+)(?:, got (\d+))?")
_LACKS = re.compile(r"Object missing required field `(.*)`")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}


def looks_like(data: bytes) -> str | None:
    """What a file that isn't JSON looks like, by its first bytes; None where it may be JSON."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    start = data[:1024].lstrip()
    if _HTML.match(start):
        return "a web page"
    if start.startswith(b"<"):
        return "XML"
    if b"\0" in start:
        return "a binary file"
    return None


def byte_at_fault(error: Exception) -> int | None:
    """The byte where msgspec says that JSON is broken; None where the data ends too early or has another shape."""
    found = _BYTE.fullmatch(str(error))
    if not found:
        return None
    return int(found[2]) - (found[1] == "trailing characters")  # that one is counted past the first such character


def rebased(error: msgspec.ValidationError, path: str, first: int) -> msgspec.ValidationError:
    """The error with its path counted from the whole file's root.

    Args:
        error: What msgspec raised for a slice of an array (`... - at `$[3].bbox``), or for a value.
        path: The path of the array or value.
        first: How many items of the array come before the slice.
    """
    found = _PATH.fullmatch(str(error))
    what, inside = found.groups() if found else (str(error), "$")
    if found := _ITEM.fullmatch(inside):
        inside = f"$[{int(found[1]) + first}]{found[2]}"
    return msgspec.ValidationError(f"{what} - at `{path}{inside[1:]}`")


def explain(
    file: AnnotationFile, data: bytes | bytearray, error: Exception, *, offset: int = 0, place: str = ""
) -> InputError:
    """The error to raise where `data`, a piece of a file, isn't what was wanted.

    Args:
        file: The file.
        data: What was decoded: the whole file or a piece of it.
        error: What msgspec raised, a `UnicodeDecodeError`, or the `RecursionError` of lists in lists in lists.
        offset: Where in the file `data` begins, in bytes.
        place: Names the piece where paths that msgspec gives begin anew in it (`line 7`).
    """
    start = _start(file)
    if not start.strip():
        return InputError(file.name, "is empty", "Fetch it again.")
    if kind := looks_like(start):
        return InputError(file.name, f"isn't JSON but looks like {kind}", "Give the annotation file itself.")
    if not place and _is_lines(start):
        return InputError(
            file.name,
            "is JSON Lines (one object a line), where one JSON object was expected",
            "Give the file as it was published.",
        )
    if isinstance(error, msgspec.ValidationError):
        return InputError(file.name, shape_fault(str(error), place))
    if isinstance(error, RecursionError):
        where = f"{place}: " if place else ""
        return InputError(
            file.name, f"{where}its lists or objects are nested too deeply", "Give the file as it was published."
        )
    if isinstance(error, UnicodeDecodeError):
        at = bytes(data).find(error.object) + error.start
        return InputError(file.name, f"isn't UTF-8 text: {_line_and_column(file, offset + at)}", "Save it as UTF-8.")
    at_byte = byte_at_fault(error)
    if at_byte is None:
        if place == "line 1":
            return InputError(file.name, "isn't JSON Lines: line 1 holds no whole object", "Write one object a line.")
        where = _line_and_column(file, offset + len(data))
        return InputError(file.name, f"is broken JSON: it ends too early, at {where}", "Fetch it again.")
    what = _BYTE.sub(r"\1", str(error))
    if found := _NO_NUMBER.match(data, at_byte):
        what = f"{found[0].decode()} is no JSON number"
    return InputError(file.name, f"is broken JSON: {what} at {_line_and_column(file, offset + at_byte)}")


def _start(file: AnnotationFile) -> bytes:
    return next(file.blocks(), b"")


def _is_lines(start: bytes) -> bool:
    """Whether the first line is a whole object and another one follows."""
    first, _, rest = start.removeprefix(BOM).lstrip().partition(b"\n")
    if not first.startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return False
    try:
        msgspec.json.decode(first, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return False
    return True


def shape_fault(message: str, place: str = "") -> str:
    """What msgspec says of a value of the wrong type, in plain words; `place` names the piece that the path begins in."""
    what, path = message, "$"
    if found := _PATH.fullmatch(message):
        what, path = found.groups()
    if found := _GOT.fullmatch(what):
        wanted, got = (" or ".join(_WORDS.get(word, word) for word in words.split(" | ")) for words in found.groups())
        what = f"is {got}, where {wanted} was expected"
    elif found := _LENGTH.fullmatch(what):
        what = f"isn't a list of {found[1]}"
    elif found := _LACKS.fullmatch(what):
        what = f"lacks `{found[1]}`"
    else:
        what = f"is wrong: {what}"
    return f"{place + ': ' if place else ''}`{path}` {what}"


def _line_and_column(file: AnnotationFile, position: int) -> str:
    """`line 3, column 14` of a byte of the file; both count from 1, and a column is a byte."""
    line, line_start, done = 1, 0, 0
    for block in file.blocks():
        part = block[: position - done]
        line += part.count(b"\n")
        if (newline := part.rfind(b"\n")) >= 0:
            line_start = done + newline + 1
        done += len(part)
        if done >= position:
            break
    return f"line {line}, column {position - line_start + 1}"
