"""Licences of photos, as annotation files name them, by their SPDX ids."""

from __future__ import annotations

import re

__all__ = ["license_id"]

_CREATIVE_COMMONS = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)")
# What has no SPDX id, and stands in COCO's files beside the Creative Commons licences.
_OTHERS = (
    ("creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"),
    ("flickr.com/commons/usage", "no-known-copyright-restrictions"),
    ("usa.gov/copyright", "US-Government-Work"),
)


def license_id(url: str | None, name: str | None) -> str | None:
    """The SPDX id of a licence by its address, or an id like one; its name where the address isn't known.

    >>> license_id("http://creativecommons.org/licenses/by-nc-sa/2.0/", "Attribution-NonCommercial-ShareAlike License")
    'CC-BY-NC-SA-2.0'
    """
    if found := _CREATIVE_COMMONS.search(url or ""):
        return f"CC-{found[1].upper()}-{found[2]}"
    for address, known in _OTHERS:
        if address in (url or ""):
            return known
    return name or url or None
