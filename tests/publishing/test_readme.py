"""README.md: what is generated is replaced, what people wrote stays."""

import random

import pytest

from vlit_hub import front_matter, readme
from vlit_hub.errors import InputError
from vlit_hub.readme import compose, merge, parse

FRONT = {"license": "mit", "tags": ["a", "b"], "configs": [{"config_name": "default", "default": True}]}
BLOCKS = {"title": "# Trams", "counts": "## Counts\n\n3 records", "limits": "## Limits\n\nNone."}
CARD = compose(FRONT, BLOCKS)

NEW_FRONT = {**FRONT, "license": "apache-2.0", "language": ["en"], "dataset_info": {"splits": []}}
NEW = compose(NEW_FRONT, {"title": "# Trams", "counts": "## Counts\n\n4 records", "quality": "## Quality"})


LINE = next(number for number, line in enumerate(CARD.splitlines(), 1) if "begin counts" in line)


def values(text: str) -> dict[str, object]:
    return parse(text).front.values


def test_a_composed_card_is_parsed_into_what_it_was_composed_of() -> None:
    card = parse(CARD)
    assert card.front.values == FRONT
    assert {name: block.text for name, block in card.blocks.items()} == BLOCKS
    assert not any(block.edited for block in card.blocks.values())
    assert not any(card.wrote(key) for key in FRONT)


def test_an_untouched_card_becomes_the_new_one() -> None:
    merged = merge(CARD, NEW)
    assert values(merged.text) == NEW_FRONT
    assert parse(merged.text).blocks["counts"].text == "## Counts\n\n4 records"
    assert merged.kept == ()


def test_nothing_changes_where_nothing_is_new() -> None:
    assert merge(CARD, CARD).text == CARD
    assert merge("", CARD).text == CARD


def test_text_outside_of_blocks_stays_in_its_place() -> None:
    old = CARD.replace(
        "<!-- vlit-hub:begin counts", "Mine, above the counts.\n\n* one\n\n\n* two\n\n<!-- vlit-hub:begin counts"
    )
    old += "\n## Thanks\n\nTo all.\n"
    text = merge(old, NEW).text
    above, below = text.split("Mine, above the counts.\n\n* one\n\n\n* two\n")
    assert "# Trams" in above and "4 records" in below and "## Quality" in below
    assert text.endswith("## Thanks\n\nTo all.\n")


def test_an_edited_block_stays_and_is_reported_unless_forced() -> None:
    old = CARD.replace("3 records", "3 fine records")
    merged = merge(old, NEW)
    assert "3 fine records" in merged.text and "4 records" not in merged.text
    assert merged.kept == ("block counts",)
    assert merge(merged.text, NEW) == merged
    forced = merge(old, NEW, force=True)
    assert "fine" not in forced.text and "4 records" in forced.text and forced.kept == ()


def test_trailing_blanks_are_no_edit() -> None:
    assert merge(CARD.replace("3 records", "3 records  "), NEW).kept == ()


def test_a_block_that_is_new_goes_below_the_one_before_it() -> None:
    old = CARD.replace("<!-- vlit-hub:begin limits", "Mine.\n\n<!-- vlit-hub:begin limits")
    text = merge(old, NEW).text
    assert text.index("4 records") < text.index("## Quality") < text.index("Mine.")


def test_a_block_that_is_gone_leaves_its_place_and_comes_back_there() -> None:
    old = CARD + "\nBelow the limits.\n"
    without = merge(old, NEW).text
    assert "None." not in without
    again = merge(without, CARD).text
    assert again.index("## Limits\n\nNone.") < again.index("Below the limits.")


def test_a_section_that_somebody_emptied_stays_empty() -> None:
    old = CARD.replace("\n## Limits\n\nNone.\n\n", "")
    assert "## Limits" not in merge(old, CARD).text


def test_a_card_written_wholly_by_hand_stays_whole() -> None:
    mine = "---\n# as on the site\nlicense: cc-by-4.0 # really\nfoo: [1, 2]\n---\n# My trams\n\nText.\n"
    merged = merge(mine, NEW)
    assert "# as on the site\nlicense: cc-by-4.0 # really\nfoo: [1, 2]\n" in merged.text
    assert values(merged.text)["language"] == ["en"]
    assert merged.text.index("# My trams\n\nText.\n") < merged.text.index("# Trams")
    assert merged.kept == ("YAML key license",)
    assert merge(merged.text, NEW) == merged


def test_yaml_keys() -> None:
    old = CARD.replace("license: mit", "# mine\nlicense: cc-by-4.0").replace("tags:\n- a\n- b\n", "viewer: false\n")
    merged = merge(old, compose({**NEW_FRONT, "tags": ["c"]}, BLOCKS))
    found = values(merged.text)
    assert found["license"] == "cc-by-4.0" and "# mine\nlicense" in merged.text
    assert found["viewer"] is False
    assert "tags" not in found, "somebody took them out"
    assert found["language"] == ["en"] and found["dataset_info"] == {"splits": []}
    assert merged.kept == ("YAML key license", "YAML key tags (taken out)")
    forced = merge(old, NEW, force=True)
    assert values(forced.text)["license"] == "apache-2.0" and values(forced.text)["viewer"] is False


def test_a_generated_key_that_is_no_longer_generated_goes() -> None:
    assert "language" not in values(merge(NEW, CARD).text)


def test_what_load_dataset_reads_is_always_new_but_for_other_configs() -> None:
    edited = {**FRONT, "configs": [{"config_name": "mine", "data_files": "x.csv"}, {"config_name": "default", "x": 1}]}
    old = compose(edited, {})
    found = values(merge(old, NEW).text)["configs"]
    assert found == [{"config_name": "default", "default": True}, {"config_name": "mine", "data_files": "x.csv"}]
    gone = CARD.replace("configs:\n- config_name: default\n  default: true\n", "")
    assert values(merge(gone, NEW).text)["configs"] == FRONT["configs"]


def test_edits_of_both_cards_are_there_after_a_push() -> None:
    online = CARD.replace("3 records", "3 records (thanks!)") + "\nOnline.\n"
    local = NEW.replace("## Quality", "## Quality\n\nGood.") + "\nLocal.\n\nOnline.\n"
    merged = merge(online, local)
    for text in ("3 records (thanks!)", "## Quality\n\nGood.", "Local."):
        assert text in merged.text
    assert merged.text.count("Online.") == 1
    assert merge(merged.text, local) == merged


def test_windows_newlines() -> None:
    merged = merge(CARD.replace("\n", "\r\n"), NEW)
    assert "\r" not in merged.text and merged.kept == () and values(merged.text) == NEW_FRONT


def test_nothing_that_people_wrote_is_ever_lost() -> None:
    """Random edits: every line that was put in stays, and merging again changes nothing."""
    for seed in range(300):
        chance = random.Random(seed)
        lines = CARD.splitlines()
        first = lines.index("---", 1) + 2
        words = []
        for number in range(chance.randint(1, 4)):
            words.append(f"mine {number}")
            lines.insert(chance.randint(first, len(lines)), words[-1])
        merged = merge("\n".join(lines) + "\n", NEW)
        assert all(merged.text.count(word) == 1 for word in words), seed
        assert merge(merged.text, NEW).text == merged.text, seed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nlicense: mit\ntags: [a\n---\n", "line 4, column 1: expected ',' or ']'"),
        ("---\nlicense: mit\n tags: a: b\n---\n", "line 3, column 6: mapping values are not allowed here"),
        ("---\nlicense: mit\nlicense: gpl\n---\n", "line 3: the key `license` is there already"),
        ("---\nlicense: mit\n\n# Title\n", "the YAML that line 1 opens isn't closed"),
        ("---\nlicense: mit\n--- \n# Title\n", "the YAML that line 1 opens isn't closed"),
        ("---\n- mit\n---\n", "line 2: the YAML is no list of `key: value`"),
        ("---\nlicense: !!python/tuple [1]\n---\n", "line 2, column 10: could not determine a constructor"),
        ("---\nday: 2024-02-31\n---\n", "day is out of range"),
        ("---\nlicense: \x07\n---\n", "special characters are not allowed"),
    ],
)
def test_broken_yaml_is_one_line_that_names_the_place_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse(text, "built/README.md")
    assert str(error.value).startswith("built/README.md: ") and message in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.mend


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("<!-- vlit-hub:end counts -->", ""), f"line {LINE}: <!-- vlit-hub:begin counts"),
        (("<!-- vlit-hub:begin limits", "<!-- limits"), "<!-- vlit-hub:end limits --> has no partner"),
        (
            ("## Limits", "<!-- vlit-hub:begin more 00000000 -->\n<!-- vlit-hub:end more -->"),
            "stands within the block limits",
        ),
    ],
)
def test_a_lost_comment_is_told(edit: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        merge(CARD.replace(*edit), NEW)


def test_a_block_twice_is_told() -> None:
    block = str(parse(CARD).blocks["counts"])
    with pytest.raises(InputError, match="the block counts is there twice"):
        merge(CARD + "\n" + block, NEW)


def test_reading_a_file(tmp_path) -> None:
    file = tmp_path / "README.md"
    assert readme.read(file) == ""
    file.write_bytes(b"\xef\xbb\xbf" + CARD.encode())
    assert readme.read(file) == CARD
    file.write_bytes(b"# caf\xe9")
    with pytest.raises(InputError, match=r"byte 5 isn't UTF-8. Save it as UTF-8 text."):
        readme.read(file)


@pytest.mark.parametrize(
    "text",
    ["---\na: 1\n\n# about b\nb:\n- x\n# end\n---\n", "---\n# only this\n---\n", '---\n{a: 1, "b c": [2]}\n---\n'],
)
def test_each_keys_own_lines(text: str) -> None:
    front, body = front_matter.parse(text + "# Body\n")
    assert body.strip() == "# Body"
    again, _ = front_matter.parse("---\n" + "".join(front.texts.values()) + front.tail + "---\n")
    assert again.values == front.values and again.texts == front.texts


def test_comments_go_with_the_key_below_them() -> None:
    front, _ = front_matter.parse("---\na: 1\n\n# about b\nb:\n- x\n# end\n---\n")
    assert front.texts == {"a": "a: 1\n", "b": "\n# about b\nb:\n- x\n"}
    assert front.tail == "# end\n"
    assert front.lines == {"a": 2, "b": 5}
