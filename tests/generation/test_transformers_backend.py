"""The backend `transformers`, with tiny models that really generate."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from tests.tiny_models import write_text_model, write_vision_model
from vlit_hub.errors import MissingExtra, ModelError
from vlit_hub.generation import transformers_backend
from vlit_hub.generation.requests import Request, Response, Settings, image_part, photo_part
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore, store_path
from vlit_hub.generation.transformers_backend import TransformersBackend

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

ANSWER = '{"turns": [{"user": "What is that?", "assistant": "It is a dog."}]}'


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return {
        "chance": str(write_text_model(folder / "chance")),
        "trained": str(write_text_model(folder / "trained", answer=ANSWER)),
        "short": str(write_text_model(folder / "short", context=64)),
        "no_chat": str(write_text_model(folder / "no_chat", chat_template=None)),
        "vision": str(write_vision_model(folder / "vision")),
    }


def asked(model: str, *texts: object, **more: object) -> Request:
    messages = tuple({"role": "user", "content": text} for text in texts or ("How many dogs?",))
    return Request(backend="transformers", model=model, messages=messages, **{"max_tokens": 8, **more})  # type: ignore[arg-type]


def answers(*requests: Request) -> list[Response]:
    async def run() -> list[Response]:
        async with TransformersBackend().open(Settings()) as session:
            return await asyncio.gather(*(session.complete(request) for request in requests))

    return asyncio.run(run())


def picture(colour: str, form: str = "PNG") -> dict[str, object]:
    held = BytesIO()
    Image.new("RGB", (40, 30), colour).save(held, form)
    return image_part(f"image/{form.lower()}", b64encode(held.getvalue()).decode())


def test_a_trained_model_gives_its_answer_whole(models: dict[str, str]) -> None:
    [response] = answers(asked(models["trained"], max_tokens=100, temperature=0.8))
    assert response == Response(
        text=ANSWER,
        finish_reason="stop",
        model=models["trained"],
        prompt_tokens=response.prompt_tokens,
        completion_tokens=response.completion_tokens,
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(models["trained"])
    assert response.prompt_tokens == len(tokenizer("<|user|>How many dogs?<|assistant|>")["input_ids"])
    assert response.completion_tokens == len(tokenizer(ANSWER + "</s>")["input_ids"])


def test_an_answer_is_cut_off_at_max_tokens(models: dict[str, str]) -> None:
    [response] = answers(asked(models["trained"], max_tokens=3))
    assert (response.finish_reason, response.completion_tokens) == ("length", 3)
    assert ANSWER.startswith(response.text) and response.text


def test_the_same_request_gives_the_same_answer_whatever_else_is_asked(models: dict[str, str]) -> None:
    one, other = (asked(models["chance"], text, temperature=1.0) for text in ("What is that?", "Who is that?"))
    [alone] = answers(one)
    assert answers(other, one)[1] == alone
    torch.manual_seed(7)
    assert answers(one) == [alone]


def test_seeds_give_other_answers_and_temperature_0_does_not(models: dict[str, str]) -> None:
    def texts(temperature: float) -> set[str]:
        return {
            response.text
            for response in answers(*(asked(models["chance"], temperature=temperature, seed=seed) for seed in range(3)))
        }

    assert len(texts(1.0)) == 3
    assert len(texts(0.0)) == 1


def test_generation_leaves_the_callers_random_numbers_alone(models: dict[str, str]) -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    answers(asked(models["chance"], temperature=1.0))
    assert torch.equal(torch.rand(3), expected)


def test_a_prompt_longer_than_the_context_is_answered_with_an_error(models: dict[str, str]) -> None:
    long, short = answers(asked(models["short"], "dog " * 40), asked(models["short"], "dog", max_tokens=1000))
    assert (long.error, long.text) == (
        "context_too_long",
        f"the prompt has {long.prompt_tokens} tokens, and the model takes 64 together with the answer",
    )
    assert short.error is None  # what is asked for at most may be more than there is room for
    assert short.prompt_tokens + short.completion_tokens <= 64


def test_a_model_without_a_chat_template_gets_a_plain_prompt(models: dict[str, str]) -> None:
    messages = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is that?"})
    request = msgspec.structs.replace(asked(models["no_chat"]), messages=messages)
    tokenizer = transformers.AutoTokenizer.from_pretrained(models["no_chat"])
    plain = tokenizer("System: Be brief.\n\nUser: What is that?\n\nAssistant:")["input_ids"]
    [response] = answers(request)
    assert (response.error, response.prompt_tokens) == (None, len(plain))


def test_a_template_without_system_messages_has_them_before_the_users_words(tmp_path: Path) -> None:
    strict = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system messages') }}{% endif %}"
        "{% for message in messages %}{{ message.content }}{% endfor %}"
    )
    model = str(write_text_model(tmp_path / "strict", chat_template=strict))
    messages = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "What?"})
    both, alone = answers(
        msgspec.structs.replace(asked(model), messages=messages),
        msgspec.structs.replace(asked(model), messages=messages[:1]),
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    assert both.prompt_tokens == len(tokenizer("Be brief.\n\nWhat?")["input_ids"])
    assert (alone.error, alone.text) == (
        "bad_request",
        "the model's chat template refuses the messages: no system messages",
    )


def test_the_schema_is_told_in_words(models: dict[str, str]) -> None:
    schema = {"type": "object", "properties": {"turns": {"type": "array"}}}
    told, plain = answers(asked(models["chance"], schema=schema), asked(models["chance"]))
    tokenizer = transformers.AutoTokenizer.from_pretrained(models["chance"])
    assert told.prompt_tokens - plain.prompt_tokens > len(tokenizer('{"type": "object"')["input_ids"])


def test_a_vision_model_sees_pictures(models: dict[str, str]) -> None:
    text = {"type": "text", "text": "What colour is it?"}
    red, red_again, blue, none = answers(
        *(
            asked(models["vision"], [*pictures, text], temperature=0.0)
            for pictures in ([picture("red")], [picture("red")], [picture("blue", "JPEG")], [])
        )
    )
    assert all(response.error is None for response in (red, blue, none))
    assert red == red_again
    assert red.prompt_tokens == none.prompt_tokens + 4  # 28 x 28 pixels in patches of 14
    assert len({red.text, blue.text, none.text}) == 3


def test_photos_reach_the_model(models: dict[str, str], tmp_path: Path) -> None:
    Image.new("RGBA", (60, 90), "green").save(tmp_path / "photo.png")
    request = asked(models["vision"], [photo_part(str(tmp_path / "photo.png"), "digest", 28)])
    settings = Settings(store=str(tmp_path / "responses.sqlite"))
    assert generate([request], settings).answered == 1
    with ResponseStore(store_path(settings)) as store:
        response = store.get(request.key())
    [without] = answers(asked(models["vision"], ""))
    assert response is not None and response.error is None
    assert response.prompt_tokens == without.prompt_tokens + 4


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (image_part("image/png", b64encode(b"no picture").decode()), "can't be decoded"),
        ({"type": "image_url", "image_url": {"url": "https://example.org/dog.jpg"}}, "given by its address"),
    ],
)
def test_a_picture_that_cannot_be_used(models: dict[str, str], part: dict[str, object], words: str) -> None:
    [response] = answers(asked(models["vision"], [part]))
    assert response.error == "bad_request"
    assert words in response.text


def test_a_text_model_is_not_asked_about_pictures(models: dict[str, str]) -> None:
    with pytest.raises(ModelError, match="takes text only"):
        answers(asked(models["chance"], [picture("red")]))


@pytest.mark.parametrize("name", ["./no_such_folder", "~/no_such_folder", "/no_such_folder"])
def test_a_folder_that_is_not_there(name: str) -> None:
    with pytest.raises(ModelError, match="there is no such folder"):
        answers(asked(name))


@pytest.mark.parametrize(
    "files",
    [{}, {"config.json": '{"model_type": "no_such_type"}'}, {"config.json": '{"model_type": "llama"}'}],
    ids=["empty", "unknown type", "no tokenizer"],
)
def test_a_folder_without_a_usable_model(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ModelError, match="can't be loaded") as raised:
        answers(asked(str(tmp_path)))
    assert "\n" not in str(raised.value)


def test_a_models_own_code_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        '{"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config", "AutoModelForCausalLM": "mine.Model"}}'
    )
    mark = tmp_path / "it_ran"
    (tmp_path / "mine.py").write_text(f"open({str(mark)!r}, 'w')")
    with pytest.raises(ModelError, match="can't be loaded"):
        answers(asked(str(tmp_path)))
    assert not mark.exists()


def test_closing_stops_the_answer_that_is_being_made(models: dict[str, str]) -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        async with TransformersBackend().open(Settings()) as session:
            await session.complete(asked(models["chance"], max_tokens=1))
            long = [asked(models["chance"], max_tokens=3000, temperature=1.0, seed=seed) for seed in range(3)]
            tasks = [asyncio.create_task(session.complete(request)) for request in long]
            await asyncio.sleep(0.1)  # the loop goes on meanwhile
            start = loop.time()
        took = loop.time() - start
        await asyncio.gather(*tasks, return_exceptions=True)
        return took

    assert asyncio.run(run()) < 2


def test_without_the_extra_its_install_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformers_backend, "find_spec", lambda module: None)
    with pytest.raises(MissingExtra, match=r"pip install 'vlit-hub\[models\]'"):
        answers(asked("any"))
