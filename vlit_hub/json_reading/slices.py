"""Reading large JSON arrays slice by slice, so that a file of any size takes the memory of one slice.

msgspec decodes only whole texts, and finding the end of each item first would cost nearly as much as decoding it. So a slice is
cut at what looks like the border between two items (`}, {` and the first item's first key), the comma there is written over
with `]`, and the slice is decoded: that succeeds only if the guess was right. At a border inside a nested list or a string the
text ends too early, and the next guess is tried; past the array's end, msgspec says where that was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn, Protocol, TypeVar

import msgspec

from vlit_hub.files import AnnotationFile
from vlit_hub.json_reading.faults import BOM, byte_at_fault, explain, rebased
from vlit_hub.json_reading.files import without_gc

__all__ = ["ListDecoder", "Reader", "items"]

T = TypeVar("T")

# Large enough that the own costs of a slice vanish, small enough to stay in a core's cache with its objects.
_SLICE = 1 << 18
# Wrong borders tried in one slice before a longer one is taken.
_GUESSES = 4
_BORDER = re.compile(rb"\}\s*(,)\s*\{\s*\Z")
_BORDER_LENGTH = 256  # with the indentation of a pretty-printed file
_FIRST_KEY = re.compile(rb'\[\s*\{\s*("(?:[^"\\]|\\.)*")')
_SPACE = re.compile(rb"\s*")
_ANYTHING: msgspec.json.Decoder[msgspec.Raw] = msgspec.json.Decoder(msgspec.Raw)


def items(file: AnnotationFile, type: type[T]) -> Iterator[list[T]]:
    """The items of a file that is one JSON array, slice by slice.

    Args:
        file: A JSON file.
        type: The type of the items, as msgspec knows it; not `msgspec.Raw`, whose bytes are gone with the slice.

    Raises:
        InputError: As in `vlit_hub.json_reading.files.decode`; paths and positions count in the whole file.
    """
    reader = Reader(file)
    yield from reader.array(type, "$")
    reader.finish()


class ListDecoder(Protocol[T]):
    """What decodes the text of an array; raises what msgspec raises, and keeps nothing that points into the text."""

    def decode(self, text: memoryview) -> list[T]:
        """The array's items."""


class Reader:
    """A JSON file, read from its start to its end, with a window of it in memory.

        reader = Reader(file)
        for key in reader.members():
            if key == "annotations":
                for part in reader.array(Annotation, "$.annotations"):
                    ...
            else:
                reader.skip()
        reader.finish()

    Every method raises `InputError` where the file isn't JSON or has another shape; paths and positions count in the whole
    file.
    """

    def __init__(self, file: AnnotationFile) -> None:
        self._file = file
        self._blocks = file.blocks(_SLICE)
        self._window = bytearray()  # what isn't consumed yet
        self._offset = 0  # where in the file it begins
        self._ended = False  # whether the file ends with it
        self._fill(len(BOM))
        if self._window.startswith(BOM):
            self._consume(len(BOM))

    def next_byte(self) -> bytes:
        """The next byte that isn't white space, unconsumed; empty at the file's end."""
        while True:
            self._consume(_space(self._window))
            if self._window or self._ended:
                return bytes(self._window[:1])
            self._fill(_SLICE)

    def members(self) -> Iterator[str]:
        """The keys of the object that comes next; the caller consumes each key's value before the next key."""
        if self.next_byte() != b"{":
            self.value(dict[str, msgspec.Raw])  # raises: something else comes
        self._consume(1)
        if self.next_byte() == b"}":
            self._consume(1)
            return
        while True:
            if self.next_byte() != b'"':
                self._fail("object keys must be strings")
            key = self.value(str)
            if self.next_byte() != b":":
                self._fail("expected ':'")
            self._consume(1)
            yield key
            after = self.next_byte()
            if after not in (b",", b"}"):
                self._fail("expected ',' or '}'")
            self._consume(1)
            if after == b"}":
                return

    def value(self, type: type[T], path: str = "$") -> T:
        """The value that comes next; `path` names it in messages."""
        value: T = self._whole(msgspec.json.Decoder(type), path)
        return value

    def array(self, type: type[T], path: str = "$") -> Iterator[list[T]]:
        """The items of the array that comes next, in lists; `path` names the array in messages."""
        return self._slices(msgspec.json.Decoder(list[type]), path)  # type: ignore[valid-type]

    def decoded(self, decoder: ListDecoder[T], path: str = "$") -> Iterator[list[T]]:
        """The same by another decoder than msgspec's own: one that goes on where an item has a wrong shape."""
        return self._slices(decoder, path)

    def skip(self) -> None:
        """Consumes the value that comes next."""
        if self.next_byte() == b"[":
            for _ in self._slices(_ANYTHING, "$"):
                pass
        else:
            self._whole(_ANYTHING, "$")

    def peek(self, size: int) -> bytes:
        """Up to so many of the next bytes, unconsumed."""
        self._fill(size)
        return bytes(self._window[:size])

    def finish(self) -> None:
        """Checks that nothing but white space is left.

        Raises:
            InputError: Something is left.
        """
        if self.next_byte():
            self._fail("text after its end")

    def _slices(self, decoder: _Decoder, path: str) -> Iterator[Any]:
        if self.next_byte() != b"[":
            self._whole(decoder, path)  # raises: something else comes
        self._fill(_SLICE)
        key = self._first_key()
        done = 0
        size = _SLICE
        while True:
            self._fill(size)
            for border in self._borders(key):
                self._window[border] = ord("]")
                part, end = self._attempt(decoder, border + 1, path, done, guess=True)
                self._window[border] = ord(",")
                if end:
                    break
            else:
                border = -1
                part, end = self._attempt(decoder, len(self._window), path, done)
            if not end:  # neither a border nor the array's end in this window
                size = self._more()
                continue
            if end == border + 1:
                self._consume(border)
                self._window[0] = ord("[")
                size = _SLICE
                done += len(part)
                yield part
                continue
            if part is None:
                part, _ = self._attempt(decoder, end, path, done)
            self._consume(end)
            yield part
            return

    def _whole(self, decoder: _Decoder, path: str) -> Any:
        """The value that comes next, consumed."""
        size = _SLICE
        while True:
            self._fill(size)
            value, end = self._attempt(decoder, len(self._window), path)
            if end and (end < len(self._window) or self._ended):  # else a number might go on
                break
            size = self._more()
        if end < len(self._window):
            value, _ = self._attempt(decoder, end, path)
        self._consume(end)
        return value

    def _attempt(
        self, decoder: _Decoder, length: int, path: str, done: int = 0, guess: bool = False
    ) -> tuple[Any, int]:
        """Decodes the first so many bytes of the window.

        Returns:
            The value and `length`; or None and where the value ends, if that is before; or None and 0 if it ends after.
        """
        with without_gc(), memoryview(self._window) as window, window[:length] as text:
            try:
                value = decoder.decode(text)
                if decoder is _ANYTHING:  # what is skipped isn't kept: it would pin the window
                    value = ()
                return value, length
            except msgspec.ValidationError as error:
                fault: Exception = rebased(error, path, done)
            except msgspec.DecodeError as error:
                at = byte_at_fault(error)
                if at is None or at >= length - guess:
                    return None, 0
                if "trailing characters" in str(error):
                    return None, at
                fault = error
            except (UnicodeDecodeError, RecursionError) as error:
                fault = error
        raise explain(self._file, self._window, fault, offset=self._offset)

    def _first_key(self) -> bytes | None:
        """The first key of the first object of the array that comes next, in its quotes."""
        found = _FIRST_KEY.match(self._window)
        return found[1] if found else None

    def _borders(self, key: bytes | None) -> Iterator[int]:
        """Where the comma between two objects seems to be, from the window's end on, at most `_GUESSES` of them."""
        end, guesses = len(self._window), 0
        while key and guesses < _GUESSES and (end := self._window.rfind(key, 0, end)) > 0:
            found = _BORDER.search(self._window, max(0, end - _BORDER_LENGTH), end)
            if found:
                border = found.start(1)
                del found  # it pins the window
                guesses += 1
                yield border

    def _fill(self, size: int) -> None:
        """Reads on until the window has `size` bytes or the file ends."""
        while len(self._window) < size and not self._ended:
            block = next(self._blocks, b"")
            self._window += block
            self._ended = not block

    def _consume(self, size: int) -> None:
        del self._window[:size]
        self._offset += size

    def _more(self) -> int:
        """The size of a larger window, where this one holds no whole value."""
        if self._ended:
            raise explain(
                self._file, self._window, msgspec.DecodeError("Input data was truncated"), offset=self._offset
            )
        return 2 * len(self._window)

    def _fail(self, what: str) -> NoReturn:
        message = f"JSON is malformed: {what} (byte 0)" if self._window else "Input data was truncated"
        raise explain(self._file, self._window, msgspec.DecodeError(message), offset=self._offset)


_Decoder = msgspec.json.Decoder[Any] | ListDecoder[Any]


def _space(text: bytearray) -> int:
    """How many bytes of white space come first."""
    found = _SPACE.match(text)
    return found.end() if found else 0
