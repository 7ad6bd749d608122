"""What licences allow, and what the Hub calls them and our tasks."""

import pytest

from vlit_hub.publishing.hub_terms import size_category, task_terms, terms
from vlit_hub.publishing.licenses import describe, for_hub, may_be_shown, strictest
from vlit_hub.tasks import TASKS


@pytest.mark.parametrize(
    ("name", "shown", "conditions"),
    [
        ("CC-BY-2.0", True, "name the author"),
        ("CC-BY-SA-2.0", True, "name the author; changed copies under the same licence"),
        ("CC-BY-NC-2.0", False, "name the author; no commercial use"),
        ("CC-BY-NC-SA-2.0", False, "name the author; no commercial use; changed copies under the same licence"),
        ("CC-BY-ND-2.0", False, "name the author; no changed copies"),
        ("CC-BY-NC-ND-2.0", False, "name the author; no commercial use; no changed copies"),
        ("CC0-1.0", True, "none"),
        ("no-known-copyright-restrictions", True, "none"),
        ("US-Government-Work", True, "none"),
        ("unknown", False, "not known: ask the owner before you use it"),
        ("All rights reserved", False, "not known: ask the owner before you use it"),
        ("CC-BY-4.0-extra", False, "not known: ask the owner before you use it"),
    ],
)
def test_what_a_license_allows(name: str, shown: bool, conditions: str) -> None:
    assert may_be_shown(name) is shown
    assert describe(name).conditions == conditions


def test_several_at_once() -> None:
    assert may_be_shown("CC-BY-2.0 AND CC0-1.0")
    assert not may_be_shown("CC-BY-2.0 AND CC-BY-NC-2.0")
    assert not may_be_shown("CC-BY-2.0 AND unknown")


def test_addresses() -> None:
    assert describe("CC-BY-NC-SA-2.0").url == "https://creativecommons.org/licenses/by-nc-sa/2.0/"
    assert describe("CC-BY-NC-SA-2.0").name == "Creative Commons Attribution-NonCommercial-ShareAlike 2.0"


OTHER = {"license": "other", "license_link": "LICENSE.md"}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["CC-BY-4.0"], {"license": "cc-by-4.0"}),
        (["CC-BY-4.0", "CC-BY-4.0 AND CC-BY-4.0"], {"license": "cc-by-4.0"}),
        (["ODbL-1.0"], {"license": "odbl"}),
        (["unknown"], {"license": "unknown"}),
        (["CC-BY-NC-ND-2.0"], {**OTHER, "license_name": "cc-by-nc-nd-2.0"}),
        (["My own licence!"], {**OTHER, "license_name": "my-own-licence"}),
        (["CC-BY-4.0", "unknown"], {**OTHER, "license_name": "several-licenses"}),
        (["CC-BY-4.0 AND MIT"], {**OTHER, "license_name": "several-licenses"}),
    ],
)
def test_what_the_hub_calls_them(names: list[str], found: dict[str, str]) -> None:
    assert for_hub(names) == found


def test_every_task_has_words_that_the_hub_knows_and_shows() -> None:
    for task in (*TASKS, "a_plugins_own"):
        words = task_terms([task])
        assert words.categories[0] == "image-text-to-text" and len(words.categories) > 1
        assert set(words.categories) <= set(terms().task_categories)
        assert all(terms().task_categories[name] for name in words.categories)
        assert set(words.ids) <= terms().task_ids


@pytest.mark.parametrize(
    ("records", "size"),
    [(1, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (1_200_000, "1M<n<10M"), (10**12, "n>1T")],
)
def test_size_categories(records: int, size: str) -> None:
    assert size_category(records) == size


def test_the_strictest_licence() -> None:
    free = ["CC0-1.0", "MIT", "CC-BY-4.0"]
    assert strictest(["CC0-1.0"]) == describe("CC0-1.0") and strictest(["unknown"]) is None and strictest([]) is None
    assert strictest([*free, "CC-BY-SA-4.0"]) == describe("CC-BY-SA-4.0")
    assert strictest([*free, "CC-BY-SA-4.0", "CC-BY-ND-2.0"]) == describe("CC-BY-ND-2.0")
    assert strictest(["CC-BY-ND-2.0", "MIT AND CC-BY-NC-2.0", "unknown"]) == describe("CC-BY-NC-2.0")
    assert strictest(["CC-BY-NC-2.0", "CC-BY-NC-ND-2.0", "CC-BY-NC-SA-2.0"]) == describe("CC-BY-NC-ND-2.0")
