"""Estimates against counts of real tokenizers, which were taken once and stand here: their vocabularies are downloads."""

import base64
import io

import msgspec
import pytest
from PIL import Image

from vlit_hub.generation.picture_tokens import picture_tokens
from vlit_hub.generation.requests import Request, image_part, photo_part
from vlit_hub.generation.tokens import estimate, estimate_request

# text, tokens by o200k_base
COUNTED = {
    "prompt": (
        "You look at a photo and talk about it with a user. Every question and answer has to be about what the photo shows. "
        "Answer in whole sentences, give reasons where a question asks for them, and say so where something isn't in the "
        "photo. The conversation starts with the user. Never mention captions, boxes, notes or descriptions.",
        67,
    ),
    "clues": (
        "Captions:\n- Two women are preparing food in a kitchen, one at the sink and one at the table.\n- A set table with "
        "glasses.\nObjects: 2 person, 5 cup, 3 fork, 4 knife, 2 spoon, 1 dining table, 12 chair.\nQuestions: How many bottles "
        "are on the table? 2 (9 of 10). Is she making a sandwich? yes (6 of 10).\nReadable text: BARDOLINO",
        99,
    ),
    "boxes": (
        "person: [12.5, 48.0, 201.3, 412.9]; dining table: [0.0, 230.75, 639.2, 479.1]; cup: [301.0, 220.4, 330.8, 260.0]",
        67,
    ),
    "json": (
        '{"turns": [{"user": "What is on the table?", "assistant": "There are several glasses, a bottle of wine and two '
        'plates."}, {"user": "Is there a dog under it?", "assistant": "No, there is no dog in the photo."}]}',
        59,
    ),
    "German": (
        "Auf dem Bild stehen zwei Frauen in einer Küche; eine schneidet Brot, die andere deckt den Tisch mit Gläsern und "
        "Tellern.",
        30,
    ),
    "Chinese": (
        "照片中有两位女士在明亮的厨房里准备饭菜，一位正在切面包，另一位在桌上摆放玻璃杯和盘子。",  # noqa: RUF001
        36,
    ),
    "Russian": (
        "На фотографии две женщины готовят еду на светлой кухне: одна режет хлеб, а другая накрывает на стол.",  # noqa: RUF001
        28,
    ),
}


@pytest.mark.parametrize("kind", COUNTED)
def test_near_what_a_tokenizer_counts(kind: str) -> None:
    text, counted = COUNTED[kind]
    allowed = 0.07 if kind in ("prompt", "clues", "boxes", "json") else 0.35
    assert abs(estimate(text) - counted) <= allowed * counted


def test_nothing_is_nothing_and_more_is_more() -> None:
    assert estimate("") == 0
    assert estimate("dog") == 1
    assert estimate("There are 2 dogs.") == 6  # the blank before a number is a token
    text = COUNTED["prompt"][0]
    assert estimate(text * 20) == pytest.approx(20 * estimate(text), rel=0.02)


def request(*messages: dict[str, object], model: str = "gpt-4o", **more: object) -> Request:
    return Request(model=model, messages=messages, **more)  # type: ignore[arg-type]


def test_a_request_is_its_texts_and_what_the_chat_format_adds() -> None:
    asked = request({"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is this?"})
    assert estimate_request(asked) == estimate(asked) == 3 + (4 + 3) + (4 + 4)
    schema = {"type": "object", "properties": {}}
    assert estimate(msgspec.structs.replace(asked, schema=schema)) > estimate(asked) + 5


def data_url(width: int, height: int) -> dict[str, object]:
    held = io.BytesIO()
    Image.new("RGB", (width, height)).save(held, "PNG")
    return image_part("image/png", base64.b64encode(held.getvalue()).decode())


# The first two rows of tiles and the first of patches are the examples of OpenAI's documentation.
@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("gpt-4o", (1024, 1024), 765),
        ("gpt-4o", (2048, 4096), 1105),
        ("gpt-4o", (640, 480), 85 + 2 * 170),
        ("gpt-4o", (512, 512), 255),
        ("gpt-4o-2024-08-06", (513, 512), 425),
        ("gpt-4o-mini", (640, 480), 2833 + 2 * 5667),
        ("gpt-4.1-mini", (1024, 1024), 1659),
        ("gpt-4.1-mini", (4000, 3000), 2489),
        ("my-own-model", (640, 480), 425),
    ],
)
def test_pictures(model: str, size: tuple[int, int], tokens: int) -> None:
    assert picture_tokens(data_url(*size), model) == tokens


def test_pictures_whose_size_nobody_knows_here_count_as_usual() -> None:
    for url in ("https://example.org/photo.jpg", "data:image/png;base64,AAAA", "data:image/png;base64,A"):
        assert picture_tokens({"type": "image_url", "image_url": {"url": url}}, "gpt-4o") == 765
    assert picture_tokens(photo_part("nowhere.jpg", "0", 1024), "gpt-4o") == 765


def test_low_detail_costs_the_base() -> None:
    low = {"type": "image_url", "image_url": {"url": "https://example.org/photo.jpg", "detail": "low"}}
    assert picture_tokens(low, "gpt-4o") == 85


def test_a_photo_counts_as_it_will_be_sent(tmp_path) -> None:
    Image.new("RGB", (2000, 1000)).save(tmp_path / "a.png")
    photo = photo_part(str(tmp_path / "a.png"), "0", 512)
    assert picture_tokens(photo, "gpt-4o") == 255
    asked = request({"role": "user", "content": [photo, {"type": "text", "text": "What is this?"}]})
    assert estimate(asked) == 3 + 4 + 4 + 255
