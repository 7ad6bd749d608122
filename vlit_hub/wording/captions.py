"""What annotators wrote instead of a caption: nothing, a web address, or that they saw no image."""

from __future__ import annotations

import re

__all__ = ["ADDRESS", "JUNK", "is_caption"]

# Whole captions only: "There is no picture on the wall." is one. The patterns mean the same to Python and to Polars.
_PICTURE = r"(?:an?|the|this|that|any|your)? ?(?:image|picture|photo|photograph|pic)"
_HERE = r"(?: (?:here|above|below|at all|available|found|shown|displayed|provided|present|visible|attached))*"
_TO_CAPTION = r"(?: (?:to|that i can|i can) (?:see|view|look at|describe|caption|write about|provide a caption for))?"
_APPEAR = r"(?:load|open|show|display|show up|be (?:loaded|opened|displayed|shown|seen|found))"
_SEE = r"(?:see|view|load|open|access|display)"
_NO_PICTURE = "|".join(
    [
        rf"(?:sorry,? )?(?:i am |i'm |we are )?(?:unable|not able) to {_SEE} {_PICTURE}{_HERE}",
        rf"(?:sorry,? )?(?:i |we )?(?:can ?not|can't|cant|could not|couldn't|do not|don't) {_SEE} {_PICTURE}{_HERE}",
        rf"(?:there is |there's |there was |i see )?no (?:image|picture|photo|photograph|pic)(?: is| was)?{_HERE}"
        rf"{_TO_CAPTION}{_HERE}",
        rf"{_PICTURE} (?:(?:is|was)(?: not|n't) |(?:is )?un|not )(?:available|found|loading|loaded|visible|shown|displayed)",
        rf"{_PICTURE} (?:does|did|will|would|could|can) ?(?:not|n't) {_APPEAR}",
        rf"{_PICTURE} (?:won't|can't) {_APPEAR}",
        r"(?:no|none|null|nan|n/?a|no (?:caption|description)(?: available| provided)?|caption|image|picture|photo|test|error)",
    ]
)

JUNK = rf"(?i)^\W*(?:{_NO_PICTURE})\W*$"
"""Says that there is no image."""

ADDRESS = r"(?i)^(?:https?://|www\.)\S+$"
"""A web address."""

_NOT_A_CAPTION = re.compile(f"{JUNK}|{ADDRESS.removeprefix('(?i)')}")


def is_caption(text: str) -> bool:
    """Whether a text, its spaces tidied, is a caption at all."""
    return any(letter.isalpha() for letter in text) and not _NOT_A_CAPTION.match(text)
