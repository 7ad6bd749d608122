import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
import pytest

from vlit_hub.generation.structured import FromPairs, Invalid, parse, schema_of


class Turn(msgspec.Struct, frozen=True):
    """One question and its answer."""

    user: Annotated[str, msgspec.Meta(min_length=1)]
    assistant: str


class Talk(msgspec.Struct, frozen=True):
    turns: Annotated[list[Turn], msgspec.Meta(min_length=1)]


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    kind: Literal["a", "b"]
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    turn: Turn | None = None
    names: tuple[str, ...] = ()


GOOD = '{"turns": [{"user": "Is that a \\"dog\\"?", "assistant": "Yes: {a dog}.\\n"}]}'
TALK = Talk([Turn('Is that a "dog"?', "Yes: {a dog}.\n")])

# how answers arrive
TAKEN = {
    "plain": GOOD,
    "white space": f"\n\t {GOOD} \r\n",
    "byte order mark": f"\ufeff{GOOD}",
    "indented": json.dumps(json.loads(GOOD), indent=4),
    "fence": f"```json\n{GOOD}\n```",
    "fence without a language": f"```\n{GOOD}```\n",
    "reasoning": f"<think>\nThey want {{}} or {{'a': 1}}, maybe {GOOD[:20]}\n</think>\n\n{GOOD}",
    "reasoning whose start the chat template took": f"Let me see: {{\n</think>{GOOD}",
    "reasoning and fence": f"<think></think>```json\n{GOOD}\n```",
    "sentences around it": f"Sure! Here is the {{conversation}} you asked for:\n\n{GOOD}\n\nLet me know { {1} } if it fits.",
    "a field too many": GOOD[:-1] + ', "notes": []}',
    "escapes": GOOD.replace("dog", "\\u0064og"),
}


@pytest.mark.parametrize("case", TAKEN)
def test_taken(case: str) -> None:
    assert parse(TAKEN[case], Talk) == TALK


TURN = '{"user": "a", "assistant": "b"}'
# answer, what the model is told
REFUSED = {
    "empty": ("", "it is empty"),
    "blank": (" \n", "it is empty"),
    "only a byte order mark": ("\ufeff", "it is empty"),
    "no object": ("I'm sorry, I can't see a picture.", "it holds no JSON object"),
    "null": ("null", "it holds no JSON object"),
    "only reasoning": ("<think>" + GOOD, "it holds reasoning but no answer"),
    "nothing after reasoning": ("<think>a</think>", "it is empty"),
    "two objects": (f"{GOOD}\n{GOOD}", "it holds 2 JSON objects instead of one"),
    "JSON lines": (f"{TURN}\n{TURN}\n{TURN}", "it holds 3 JSON objects instead of one"),
    "a list": (f"[{TURN}]", "`$`: expected `object`, got `array`"),
    "one turn alone": (TURN, "`$` lacks the field `turns`"),
    "a field lacks": (f'{{"turns": [{TURN}, {TURN}, {{"user": "a"}}]}}', "`$.turns[2]` lacks the field `assistant`"),
    "another type": ('{"turns": [{"user": 1, "assistant": "b"}]}', "`$.turns[0].user`: expected `str`, got `int`"),
    "null text": ('{"turns": [{"user": null, "assistant": "b"}]}', "`$.turns[0].user`: expected `str`, got `null`"),
    "empty list": ('{"turns": []}', "`$.turns`: expected `array` of length >= 1"),
    "empty text": (
        '{"turns": [{"user": "", "assistant": "b"}]}',
        "`$.turns[0].user`: expected `str` of length >= 1",
    ),
    "duplicate key": (
        '{"turns": [{"user": "a", "user": "b", "assistant": "c"}]}',
        "the key `user` comes several times in one object",
    ),
    "duplicate outer key": (
        f'{{"turns": [{TURN}], "turns": [{TURN}]}}',
        "the key `turns` comes several times in one object",
    ),
    "NaN": ('{"turns": NaN}', "`NaN` is no JSON value"),
    "-Infinity": ('{"turns": [-Infinity]}', "`-Infinity` is no JSON value"),
    "a number without end": ('{"turns": 1e999}', "the number `1e999` is out of range"),
    "trailing comma": (f'{{"turns": [{TURN},]}}', "there must be no comma before `]`"),
    "trailing comma in an object": (f'{{"turns": [{TURN}],}}', "there must be no comma before `}`"),
    "a comma lacks": (f'{{"turns": [{TURN} {TURN}]}}', "expecting ',' delimiter"),
    "a comment": (f'{{"turns": [{TURN} // two\n]}}', "expecting ',' delimiter"),
    "single quotes": ("{'turns': []}", "expecting property name enclosed in double quotes"),
    "a raw line break": ('{"turns": [{"user": "a\nb", "assistant": "b"}]}', "has to be written as \\n"),
    "half of a surrogate pair": (
        '{"turns": [{"user": "\\ud83d", "assistant": "b"}]}',
        "it holds half of a surrogate pair",
    ),
    "half of a raw surrogate pair": (
        '{"turns": [{"user": "\ud83d", "assistant": "b"}]}',
        "it holds half of a surrogate pair",
    ),
    "too deep": ('{"turns": ' + "[" * 100_000, "its JSON is nested too deeply"),
    "an open brace": ("{", "its JSON isn't complete"),
    "an open string": (GOOD[:30], "its JSON isn't complete"),
    "an open object": (GOOD[:-1], "its JSON isn't complete"),
    "an open fence": (f"```json\n{GOOD[:-2]}\n```", "its JSON isn't complete"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    answer, told = REFUSED[case]
    with pytest.raises(Invalid) as caught:
        parse(answer, Talk)
    message = str(caught.value)
    assert told in message and "\n" not in message
    message.encode()  # it goes into a request


@pytest.mark.parametrize("end", range(1, len(GOOD)))
def test_no_beginning_of_an_answer_is_an_answer(end: int) -> None:
    with pytest.raises(Invalid):
        parse(GOOD[:end], Talk)
    with pytest.raises(Invalid, match="cut off"):
        parse(GOOD[:end], Talk, finish_reason="length")


def test_an_answer_that_is_whole_at_its_limit_is_taken() -> None:
    assert parse(GOOD, Talk, finish_reason="length") == TALK


def test_a_type_may_refuse_unknown_fields_and_hold_limits() -> None:
    assert parse('{"kind": "a"}', Choice).share == 0.5
    for answer, told in {
        '{"kind": "a", "why": 1}': "`$` has a field `why` that wasn't asked for",
        '{"kind": "c"}': "`$.kind`: invalid enum value 'c'",
        '{"kind": "a", "share": 2}': "`$.share`: expected `float` <= 1.0",
    }.items():
        with pytest.raises(Invalid, match="^" + told.replace("$", r"\$") + "$"):
            parse(answer, Choice)


class Alternating(msgspec.Struct):
    """Reads the review's own form too: {"User": ..., "AI": ..., "User": ..., "AI": ...}."""

    turns: list[Turn]

    @classmethod
    def from_pairs(cls, pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any] | None:
        keys = [key for key, _ in pairs]
        if not keys or keys != ["User", "AI"] * (len(keys) // 2):
            return None
        says = [value for _, value in pairs]
        return {"turns": [{"user": u, "assistant": a} for u, a in zip(says[::2], says[1::2], strict=True)]}


def test_a_type_may_offer_another_form() -> None:
    assert issubclass(Alternating, FromPairs)
    talk = Alternating([Turn("a", "b"), Turn("c", "d")])
    assert parse('{"User": "a", "AI": "b", "User": "c", "AI": "d"}', Alternating) == talk
    assert parse('{"User": "a", "AI": "b"}', Alternating) == Alternating([Turn("a", "b")])
    assert parse(f'{{"turns": [{TURN}]}}', Alternating) == Alternating([Turn("a", "b")])
    for answer, told in {
        '{"User": "a", "AI": "b", "User": "c"}': "the key `User` comes several times",
        '{"User": "a", "AI": 1}': r"`\$.turns\[0\].assistant`: expected `str`, got `int`",
        '{"turns": [{"user": "a", "assistant": "b", "user": "c"}]}': "the key `user` comes several times",
    }.items():
        with pytest.raises(Invalid, match=told):
            parse(answer, Alternating)


def test_schema_of_strict_mode() -> None:
    turn = {
        "type": "object",
        "properties": {"user": {"type": "string"}, "assistant": {"type": "string"}},
        "required": ["user", "assistant"],
        "additionalProperties": False,
    }
    assert schema_of(Talk) == {
        "type": "object",
        "properties": {"turns": {"type": "array", "items": turn}},
        "required": ["turns"],
        "additionalProperties": False,
    }
    assert schema_of(Choice) == {
        "type": "object",
        "properties": {
            "kind": {"enum": ["a", "b"], "type": "string"},
            "share": {"type": "number"},
            "turn": {"anyOf": [turn, {"type": "null"}]},
            "names": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["kind", "share", "turn", "names"],
        "additionalProperties": False,
    }


class Tree(msgspec.Struct):
    left: "Tree | None" = None


class Counts(msgspec.Struct):
    by_name: dict[str, int]


class Pair(msgspec.Struct):
    pair: tuple[int, str]


@pytest.mark.parametrize(
    ("kind", "told"),
    [(Tree, "refers to itself"), (Counts, "dict"), (Pair, "prefixItems"), (list[Turn], "isn't an object")],
)
def test_what_strict_mode_cannot_say(kind: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        schema_of(kind)
