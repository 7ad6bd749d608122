"""What licences allow, as far as a dataset's card has to say it, and what the Hub calls them.

Licences are named by SPDX id, or an id like one, as `source.license` and `source.image_license` of a record do;
`A AND B` names several that hold at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vlit_hub.publishing.hub_terms import terms

__all__ = ["UNKNOWN", "License", "describe", "for_hub", "may_be_shown", "strictest"]

UNKNOWN = "unknown"

_CREATIVE_COMMONS = re.compile(r"CC-(?P<kind>BY(?P<nc>-NC)?(?P<last>-SA|-ND)?)-(?P<version>\d\.\d)")

# Name and address of those that Creative Commons' scheme of ids doesn't give.
_OTHERS = {
    "CC0-1.0": ("Creative Commons Zero 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "Apache-2.0": ("Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    "MIT": ("MIT License", "https://spdx.org/licenses/MIT"),
    "BSD-2-Clause": ("BSD 2-Clause License", "https://spdx.org/licenses/BSD-2-Clause"),
    "BSD-3-Clause": ("BSD 3-Clause License", "https://spdx.org/licenses/BSD-3-Clause"),
    "ODbL-1.0": ("Open Database License 1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
    "ODC-By-1.0": ("Open Data Commons Attribution License 1.0", "https://opendatacommons.org/licenses/by/1-0/"),
    "PDDL-1.0": ("Public Domain Dedication and License 1.0", "https://opendatacommons.org/licenses/pddl/1-0/"),
    "no-known-copyright-restrictions": (
        "No known copyright restrictions (Flickr Commons)",
        "https://www.flickr.com/commons/usage/",
    ),
    "US-Government-Work": ("United States Government work", "https://www.usa.gov/government-works"),
}
_FREE = {"CC0-1.0", "PDDL-1.0", "no-known-copyright-restrictions", "US-Government-Work"}
_HUB_IDS = {"ODbL-1.0": "odbl", "ODC-By-1.0": "odc-by", "PDDL-1.0": "pddl"}


@dataclass(frozen=True)
class License:
    """One licence.

    Attributes:
        id: Its id.
        name: Its name in words.
        url: Its text; empty where it isn't known.
        known: Whether what it allows is known here; nothing may be taken for granted where it isn't.
        attribution: The author has to be named.
        noncommercial: Commercial use isn't allowed.
        no_derivatives: Passing on a changed copy isn't allowed.
        share_alike: A changed copy has to be under the same licence.
    """

    id: str
    name: str
    url: str = ""
    known: bool = True
    attribution: bool = False
    noncommercial: bool = False
    no_derivatives: bool = False
    share_alike: bool = False

    @property
    def conditions(self) -> str:
        """What it asks, in words."""
        if not self.known:
            return "not known: ask the owner before you use it"
        asked = {
            "name the author": self.attribution,
            "no commercial use": self.noncommercial,
            "no changed copies": self.no_derivatives,
            "changed copies under the same licence": self.share_alike,
        }
        return "; ".join(text for text, holds in asked.items() if holds) or "none"


def describe(name: str) -> License:
    """What a licence allows, by its id."""
    if match := _CREATIVE_COMMONS.fullmatch(name):
        words = {"BY": "Attribution", "NC": "NonCommercial", "SA": "ShareAlike", "ND": "NoDerivatives"}
        title = "-".join(words[part] for part in match["kind"].split("-"))
        return License(
            name,
            f"Creative Commons {title} {match['version']}",
            f"https://creativecommons.org/licenses/{match['kind'].lower()}/{match['version']}/",
            attribution=True,
            noncommercial=bool(match["nc"]),
            no_derivatives=match["last"] == "-ND",
            share_alike=match["last"] == "-SA",
        )
    if name in _OTHERS:
        title, url = _OTHERS[name]
        return License(name, title, url, attribution=name not in _FREE, share_alike=name == "ODbL-1.0")
    return License(name, "Not stated" if name == UNKNOWN else name, known=False)


def strictest(names: Iterable[str]) -> License | None:
    """The licence that asks most, of those known here: no commercial use weighs most, then no changed copies, changed copies
    under the same licence, naming the author; of as strict ones, the first by id. None where none is known.

    What several licences ask together may be more than the strictest alone: share-alike ones can exclude each other.
    """

    def asked(license: License) -> tuple[bool, ...]:
        return (license.noncommercial, license.no_derivatives, license.share_alike, license.attribution)

    parts = [describe(part) for part in sorted({part for name in names for part in name.split(" AND ")})]
    return max((license for license in parts if license.known), key=asked, default=None)


def may_be_shown(name: str) -> bool:
    """Whether copies of images, smaller ones too, may be published under this licence for any use.

    It must be known, and exclude neither commercial use nor changed copies.
    """
    parts = [describe(part) for part in name.split(" AND ")]
    return all(part.known and not part.noncommercial and not part.no_derivatives for part in parts)


def for_hub(names: Iterable[str]) -> dict[str, str]:
    """The YAML keys that say under which licence a dataset is, from the licences of its annotations and images.

    One licence that the Hub has an id for is named by it; anything else is `other`, with the file LICENSE.md to tell.
    """
    distinct = sorted({part for name in names for part in name.split(" AND ")})
    if len(distinct) == 1:
        hub_id = _HUB_IDS.get(distinct[0], distinct[0].lower())
        if hub_id in terms().licenses:
            return {"license": hub_id}
        name = re.sub(r"[^a-z0-9.]+", "-", distinct[0].lower()).strip("-")
        return {"license": "other", "license_name": name, "license_link": "LICENSE.md"}
    return {"license": "other", "license_name": "several-licenses", "license_link": "LICENSE.md"}
