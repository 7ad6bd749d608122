import re

import pytest

from vlit_hub.errors import InputError

CAPTIONS = {"captions": [{"image_id": n, "caption": f"A dog {n}."} for n in range(200)]}
OBJECTS = {"objects": [{"image_id": n, "category": "dog", "box": (1, 1, 50, 50)} for n in range(50)]}

OWN = """
task: image_captioning
short:
  instructions: ["Say it briefly."]
  responses: ["{caption}"]
sentence:
  instructions: ["Say it."]
  responses: ["I see: {caption}"]
"""


@pytest.fixture
def folder(tmp_path):
    def write(text, name="own.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return (str(tmp_path),)

    return write


def test_a_users_pool_replaces_the_built_in_one(annotations_of, drafts_of, folder):
    drafts = drafts_of(annotations_of(**CAPTIONS), pools=folder(OWN))
    assert set(drafts["instruction"]) == {"Say it briefly.", "Say it."}
    assert drafts["response"].str.starts_with("I see: ").sum() == (drafts["instruction"] == "Say it.").sum()


def test_a_users_pool_extends_the_built_in_one(annotations_of, drafts_of, folder):
    captions = annotations_of(**CAPTIONS)
    own = "task: image_captioning\nextend: true\nshort:\n  instructions: [Say it briefly.]\n"
    before = set(drafts_of(captions, style="short")["instruction"])
    after = set(drafts_of(captions, style="short", pools=folder(own))["instruction"])
    assert "Say it briefly." in after - before
    assert len(after & before) > 10


def test_the_later_file_wins(annotations_of, drafts_of, folder):
    folder(OWN, "1.yaml")
    pools = folder(OWN.replace("Say it", "Tell it"), "2.yaml")
    assert set(drafts_of(annotations_of(**CAPTIONS), pools=pools)["instruction"]) == {"Tell it briefly.", "Tell it."}


def test_folders_may_be_text_with_commas(annotations_of, drafts_of, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(OWN.replace("Say it", name.capitalize()))
    pools = f"{tmp_path}/one.yaml, {tmp_path}/two.yaml"
    assert set(drafts_of(annotations_of(**CAPTIONS), pools=pools)["instruction"]) == {"Two briefly.", "Two."}


def test_pools_of_other_tasks_are_checked_but_not_needed(annotations_of, drafts_of, folder):
    drafts = drafts_of(annotations_of(**OBJECTS), pools=folder(OWN), tasks=("object_counting",))
    assert len(drafts) == 50


def test_outcomes_have_responses_of_their_own(annotations_of, drafts_of, folder):
    own = """
    task: object_presence
    short:
      instructions: ["{label}?"]
      responses:
        "yes": [There.]
        "no": [Not there.]
    """
    objects = {"objects": [*OBJECTS["objects"], *({**row, "category": "cat"} for row in OBJECTS["objects"][:25])]}
    drafts = drafts_of(annotations_of(**objects), pools=folder(own), style="short", tasks=("object_presence",))
    assert set(drafts["response"]) == {"There.", "Not there."}
    assert set(drafts["instruction"]) == {"dog?", "cat?"}


BROKEN = [
    ("task: a\nshort: [", r"own\.yaml: line \d+, column \d+: is no YAML"),
    ("", r"the whole file"),
    ("short: {}", r"task: Field required"),
    ("task: image_caption", r"task: no task 'image_caption'\. Did you mean 'image_captioning'\?"),
    ("task: text_recognition\nkind: imag", r"kind: no kind of text_recognition 'imag'\. Did you mean 'image'\?"),
    ("task: text_recognition", r"kind: no kind of text_recognition ''\. There are: image, region\."),
    (OWN + "  more: 1", r"sentence\.more: Extra inputs are not permitted"),
    (OWN.replace('["Say it."]', '"Say it."'), r"sentence\.instructions: Input should be a valid list"),
    (OWN.replace('["Say it."]', "[1]"), r"sentence\.instructions\.0: Input should be a valid string"),
    (
        OWN.replace("Say it.", "Say {it}."),
        r"sentence\.instructions: 'Say \{it\}\.' has \{it\}; known here are no placeholders",
    ),
    (OWN.replace("I see: {caption}", "I see."), r"sentence\.responses: 'I see\.' lacks \{caption\}"),
    (OWN.replace("I see: {caption}", "{caption"), r"sentence\.responses: '\{caption' a brace has no partner"),
    (OWN.replace("Say it.", "Say {caption!r}."), r"\{caption!r\} is no name"),
    (OWN.replace("Say it.", " "), r"sentence\.instructions: ' ' is empty"),
    (
        OWN.split("sentence:")[0],
        r"sentence\.instructions: there are none\. Add some, draw from another style, or say `extend",
    ),
    (OWN.replace('["I see: {caption}"]', "[]"), r"sentence\.responses: there are none"),
    (OWN.replace('["I see: {caption}"]', '{"yes": ["{caption}"]}'), r"sentence\.responses\.yes: .* are one list"),
    (
        'task: object_presence\nshort:\n  instructions: ["{label}?"]\n  responses: ["Yes"]',
        r"short\.responses: responses of object_presence are lists named yes and no",
    ),
    (
        'task: region_classification\nshort:\n  instructions: ["What is {box}?"]\n  responses: ["{label}"]',
        r"'What is \{box\}\?' lacks \{box_format\}",
    ),
    (
        'task: attribute_recognition\nshort:\n  instructions: ["{box} as {box_format}?"]',
        r"lacks \{a_label\} or \{label\} or \{the_label\}; an instruction names all that it is about, or nothing of it",
    ),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_pool_is_named_in_one_line(annotations_of, drafts_of, folder, text, message):
    with pytest.raises(InputError) as caught:
        drafts_of(annotations_of(**CAPTIONS), pools=folder(text))
    said = str(caught.value)
    assert "own.yaml" in said
    assert "\n" not in said
    assert re.search(message, said), said


def test_no_folder_and_no_pools(annotations_of, drafts_of, tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        drafts_of(annotations_of(**CAPTIONS), pools=(str(tmp_path / "none"),))
    with pytest.raises(InputError, match="has no instruction pools"):
        drafts_of(annotations_of(**CAPTIONS), pools=(str(tmp_path),))


def test_a_pool_that_is_not_text(annotations_of, drafts_of, tmp_path):
    (tmp_path / "own.yaml").write_bytes(b"task: \xff\xfe")
    with pytest.raises(InputError, match="isn't UTF-8"):
        drafts_of(annotations_of(**CAPTIONS), pools=(str(tmp_path),))
