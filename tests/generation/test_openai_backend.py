"""What the `openai` backend makes of a server's answers, good and bad."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.generation.asking import SCHEMA, ask, hurry, only, settings_of, texts
from tests.llm.answers import TOO_LONG, completion, error, throttled, web_page
from tests.llm.server import Llm, last_words
from tests.llm.wire import Asked, Reply, as_json
from vlit_hub.errors import ModelError, RequestsFailed, UsageError
from vlit_hub.generation.requests import Request, Response, Settings, image_part
from vlit_hub.generation.run import generate

KEY = "sk-proj-Abc123-very_secret.key"


def see(words: str = "What is it?") -> Request:
    parts = [image_part("image/png", "AAAA"), {"type": "text", "text": words}]
    return Request(model="tiny", max_tokens=64, messages=({"role": "user", "content": parts},))


def one(llm: Llm, folder: Path, reply: Reply | str, request: Request | None = None) -> Response:
    llm.rule = lambda body: reply
    request = request or ask(1)
    generate([request], settings_of(llm, folder))
    return only(folder, request)


# Answers


@pytest.mark.parametrize(
    ("reply", "response"),
    [
        (completion("Hi"), Response(text="Hi", model="tiny-1", prompt_tokens=100, completion_tokens=50)),
        (
            completion("Hi", finish="length"),
            Response(text="Hi", model="tiny-1", prompt_tokens=100, completion_tokens=50, finish_reason="length"),
        ),
        (
            completion(None, refusal="I can't help with that."),
            Response(
                text="I can't help with that.",
                model="tiny-1",
                prompt_tokens=100,
                completion_tokens=50,
                error="refused",
            ),
        ),
        (
            completion("Half", finish="content_filter"),
            Response(
                text="Half",
                model="tiny-1",
                prompt_tokens=100,
                completion_tokens=50,
                finish_reason="content_filter",
                error="refused",
            ),
        ),
        (
            completion(" \n"),
            Response(text=" \n", model="tiny-1", prompt_tokens=100, completion_tokens=50, error="empty"),
        ),
        (
            completion(None, finish="length"),
            Response(
                text="", model="tiny-1", prompt_tokens=100, completion_tokens=50, finish_reason="length", error="empty"
            ),
        ),
        (
            as_json({"choices": [{"message": {"content": [{"type": "text", "text": "Hi"}]}, "finish_reason": None}]}),
            Response(text="Hi", model="tiny", prompt_tokens=8, completion_tokens=1),
        ),
    ],
    ids=["good", "cut off", "refusal", "filtered", "blank", "none", "parts, no usage"],
)
def test_answers_are_final(llm: Llm, tmp_path: Path, reply: Reply, response: Response) -> None:
    assert one(llm, tmp_path, reply) == response
    one(llm, tmp_path, reply)
    assert len(llm.asked) == 1


def test_tokens_are_estimated_where_the_server_doesnt_count(llm: Llm, tmp_path: Path) -> None:
    response = one(llm, tmp_path, completion("a tram in the rain", usage=False), ask("word " * 100))
    assert 90 <= response.prompt_tokens <= 120
    assert 4 <= response.completion_tokens <= 6


# Errors about one request


@pytest.mark.parametrize("server", TOO_LONG)
def test_context_too_long(llm: Llm, tmp_path: Path, server: str) -> None:
    assert one(llm, tmp_path, TOO_LONG[server]).error == "context_too_long"
    one(llm, tmp_path, TOO_LONG[server])
    assert len(llm.asked) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(413, b"<html>too large</html>"), "image_too_large"),
        (error(400, "Image size 30 MB exceeds the limit of 20 MB.", code="image_too_large"), "image_too_large"),
        (error(400, "Image dimensions exceed the maximum of 8000 pixels"), "image_too_large"),
        (error(400, "You uploaded an image that is not a valid PNG."), "bad_request"),
        (error(400, "Your request was flagged", code="content_policy_violation"), "refused"),
        (error(400, "The response was filtered due to the prompt", code="content_filter"), "refused"),
    ],
)
def test_pictures_that_are_refused(llm: Llm, tmp_path: Path, reply: Reply, kind: str) -> None:
    assert one(llm, tmp_path, reply, see()).error == kind


def test_a_photo_that_cant_be_read_isnt_sent(llm: Llm, tmp_path: Path) -> None:
    (tmp_path / "odd.jpg").write_bytes(b"no photo")
    photo = {"type": "photo", "path": str(tmp_path / "odd.jpg"), "digest": "0", "edge": 512, "box": None}
    request = Request(model="tiny", messages=({"role": "user", "content": [photo]},))
    response = one(llm, tmp_path, "never asked", request)
    assert (response.error, llm.asked) == ("photo_unusable", [])


# Errors that stop the run


def stopped(llm: Llm, folder: Path, request: Request | None = None, **more: Any) -> str:
    requests = [request or ask(n) for n in range(300)]
    with pytest.raises(ModelError) as caught:
        generate(requests, settings_of(llm, folder, **more))
    assert "\n" not in str(caught.value)
    assert len(llm.asked) <= 64
    assert texts(folder) == {}
    return str(caught.value)


def test_a_wrong_key(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    llm.key = "sk-right-one"
    monkeypatch.setenv("MY_KEY", KEY)
    told = stopped(llm, tmp_path, api_key_env="MY_KEY")
    assert told.startswith(f"{llm.url} refuses the key in MY_KEY (401: Incorrect API key provided: [key]")
    assert KEY not in told


def test_a_key_without_rights(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: error(403, "Country, region, or territory not supported")
    assert "(403: Country, region, or territory not supported)" in stopped(llm, tmp_path)


def test_an_unknown_model(llm: Llm, tmp_path: Path) -> None:
    told = stopped(llm, tmp_path, ask(1, model="gpt-9"))
    assert told == (f"no model 'gpt-9' at {llm.url} (The model `gpt-9` does not exist.). There are: small, tiny.")


def test_an_unknown_model_where_models_arent_listed(llm: Llm, tmp_path: Path) -> None:
    llm.models = None
    llm.rule = lambda body: as_json({"error": {"message": 'model "tiny" not found, try pulling it first'}}, 404)
    assert stopped(llm, tmp_path) == f"no model 'tiny' at {llm.url} (model \"tiny\" not found, try pulling it first)."


def test_no_credit(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: error(429, "You exceeded your current quota", code="insufficient_quota")
    assert "wants money (429: You exceeded your current quota). Add credit" in stopped(llm, tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        "At most 0 image(s) may be provided: tiny is not a multimodal model",
        "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
        "Invalid content type. image_url is only supported by certain models: this model does not support images.",
    ],
)
def test_a_model_that_takes_no_photos(llm: Llm, tmp_path: Path, words: str) -> None:
    llm.rule = lambda body: error(400, words)
    assert "the model 'tiny' at" in (told := stopped(llm, tmp_path, see())) and "takes no photos" in told


# Servers that aren't ones


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = Settings(
            base_url=f"http://ada:secret@127.0.0.1:{taken.getsockname()[1]}/v1",
            store=str(tmp_path / "responses.sqlite"),
        )
        with pytest.raises(ModelError) as caught:
            generate([ask(n) for n in range(300)], settings)
    told = str(caught.value)
    assert told.startswith("no server at http://127.0.0.1:") and "--base-url" in told
    assert "secret" not in told and "\n" not in told


def test_no_such_host(tmp_path: Path) -> None:
    settings = Settings(base_url="http://no-such-host.invalid/v1", store=str(tmp_path / "s"))
    with pytest.raises(ModelError, match=r"no server at http://no-such-host\.invalid/v1"):
        generate([ask(1)], settings)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (web_page(), "it sends a web page"),
        (web_page(404), "404 at http"),
        (as_json({"hello": "world"}), "what it sends is no chat completion"),
        (as_json({"detail": "Not Found"}, 404), "404 at http"),
        (Reply(405), "405 at http"),
        (Reply(301, b"", {"Location": "https://ada:secret@elsewhere/"}), "it redirects to https://elsewhere"),
    ],
)
def test_a_server_of_something_else(llm: Llm, tmp_path: Path, reply: Reply, told: str) -> None:
    llm.models = None
    llm.routes[("POST", "")] = lambda asked: reply
    llm.routes[("GET", "")] = lambda asked: web_page()
    words = stopped(llm, tmp_path)
    assert f"{llm.url} is no server of OpenAI's protocol: {told}" in words
    assert "A base URL mostly ends in /v1" in words and "secret" not in words


def test_a_base_url_without_v1(llm: Llm, tmp_path: Path) -> None:
    assert "is no server of OpenAI's protocol: 404" in stopped(llm, tmp_path, base_url=llm.url.removesuffix("/v1"))


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://host/v1", "http://", "http://host/v1?key=1", "a b"])
def test_no_address(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="is no server's address: --base-url reads like") as caught:
        generate([ask(1)], Settings(base_url=url, store=str(tmp_path / "s")))
    assert "key=1" not in str(caught.value)


def test_a_server_that_goes_away(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After it has answered once, trouble with the connection is worth further tries."""
    hurry(monkeypatch)
    llm.rule = lambda body: "good" if last_words(body) == "0" else Reply(cut=-1)
    with pytest.raises(RequestsFailed, match=r"3 requests failed at every try \(last: connection lost"):
        generate([ask(n) for n in range(4)], settings_of(llm, tmp_path, max_tries=3))
    assert len(llm.asked) == 10


def test_timeouts(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    llm.rule = lambda body: Reply(delay=30)
    with pytest.raises(RequestsFailed, match=r"1 request failed .*\(last: no answer within 0.2 s \(--timeout\)\)"):
        generate([ask(1)], settings_of(llm, tmp_path, max_tries=2, timeout=0.2))


# Keys


def test_no_key_and_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError) as caught:
        generate([ask(1)], Settings(store=str(tmp_path / "s")))
    for way_out in (
        "OPENAI_API_KEY",
        "--base-url",
        "vLLM",
        "Ollama",
        "-o backend=transformers",
        "vlit-hub build coco_prog",
    ):
        assert way_out in str(caught.value)
    assert "\n" not in str(caught.value) and caught.value.exit_code == 2


def test_own_servers_need_no_key(llm: Llm, tmp_path: Path) -> None:
    one(llm, tmp_path, "good")
    assert llm.headers[0]["authorization"] == "Bearer EMPTY"


def test_key_and_organisation_are_sent(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    llm.key = KEY
    one(llm, tmp_path, "good")
    assert llm.headers[0]["openai-organization"] == "org-1"
    assert llm.headers[0]["content-type"] == "application/json"


def test_user_and_password_in_the_address(llm: Llm, tmp_path: Path) -> None:
    generate([ask(1)], settings_of(llm, tmp_path, base_url=llm.url.replace("//", "//ada:pw@")))
    assert llm.headers[0]["authorization"] == "Basic YWRhOnB3"


@pytest.mark.parametrize("key", ["sk-1\nHost: evil", "sk-ключ", "two words"])
def test_a_key_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError, match="OPENAI_API_KEY holds no key") as caught:
        generate([ask(1)], Settings(store=str(tmp_path / "s")))
    assert key not in str(caught.value)


def test_the_key_goes_nowhere(
    llm: Llm,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Servers quote keys in their words: in errors that stop, that are stored, and that are tried again."""
    hurry(monkeypatch)
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    replies: dict[str, Callable[[], Reply]] = {
        "0": lambda: completion("good"),
        "1": lambda: error(400, f"bad request with {KEY} in it"),
        "2": lambda: error(500, f"no luck with Bearer {KEY}"),
    }
    llm.rule = lambda body: replies[last_words(body)]()
    with pytest.raises(RequestsFailed) as failed:
        generate([ask(n) for n in range(3)], settings_of(llm, tmp_path, max_tries=2))
    llm.rule = lambda body: error(401, f"Incorrect API key provided: {KEY[:8]}****{KEY[-4:]}")
    with pytest.raises(ModelError) as refused:
        generate([ask(3)], settings_of(llm, tmp_path))
    out, err = capsys.readouterr()
    held = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()).decode("latin-1")
    for place in (str(failed.value), str(refused.value), out, err, caplog.text, held):
        assert KEY not in place and KEY[:8] not in place and KEY[-4:] not in place
    assert "bad request with [key] in it" in held


# Dialects


def schema_asked(llm: Llm) -> list[str]:
    return [body.get("response_format", {"type": "none"})["type"] for body in llm.asked]


def test_the_schema_is_sent_as_such(llm: Llm, tmp_path: Path) -> None:
    one(llm, tmp_path, '{"answer": "yes"}', ask(1, schema=SCHEMA))
    assert llm.asked[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
    }
    assert llm.asked[0]["messages"] == [{"role": "user", "content": "1"}]


def test_json_mode_where_schemas_arent_known(llm: Llm, tmp_path: Path) -> None:
    def rule(body: dict[str, Any]) -> Reply | str:
        if body["response_format"]["type"] == "json_schema":
            return error(
                400, "Invalid value: 'json_schema'. Supported: 'text', 'json_object'.", param="response_format"
            )
        return '{"answer": "yes"}'

    llm.rule = rule
    asked = [ask(n, schema=SCHEMA) for n in range(40)]
    assert generate(asked, settings_of(llm, tmp_path, concurrency=4)).answered == 40
    kinds = schema_asked(llm)
    assert kinds.count("json_schema") <= 4 and kinds.count("json_object") == 40
    told = llm.asked[-1]["messages"][0]
    assert told["role"] == "system" and "JSON" in told["content"] and '"additionalProperties": false' in told["content"]


def test_words_where_no_format_is_known(llm: Llm, tmp_path: Path) -> None:
    def rule(body: dict[str, Any]) -> Reply | str:
        if "response_format" in body:
            return as_json({"error": {"message": "Unrecognized request argument supplied: response_format"}}, 400)
        return '```json\n{"answer": "yes"}\n```'

    llm.rule = rule
    asked = [
        Request(
            model="tiny",
            schema=SCHEMA,
            messages=({"role": "system", "content": "Be brief."}, {"role": "user", "content": str(n)}),
        )
        for n in range(20)
    ]
    assert generate(asked, settings_of(llm, tmp_path, concurrency=1)).answered == 20
    assert schema_asked(llm) == ["json_schema", "json_object", *["none"] * 20]
    assert llm.asked[-1]["messages"][0]["content"].startswith("Be brief.\n\nAnswer with one JSON object")
    assert len(llm.asked[-1]["messages"]) == 2


def test_a_server_that_ignores_the_schema(llm: Llm, tmp_path: Path) -> None:
    def rule(body: dict[str, Any]) -> str:
        told = any("JSON" in message["content"] for message in body["messages"])
        return '<think>Hm, JSON.</think>\n{"answer": "yes"}' if told else "Sure! Yes."

    llm.rule = rule
    asked = [ask(n, schema=SCHEMA) for n in range(20)]
    assert generate(asked, settings_of(llm, tmp_path, concurrency=1)).answered == 20
    assert len(llm.asked) == 21
    assert all("yes" in text for text in texts(tmp_path).values())


def test_a_model_that_cant_write_json_is_asked_three_times_once(llm: Llm, tmp_path: Path) -> None:
    asked = [ask(n, schema=SCHEMA) for n in range(20)]
    assert generate(asked, settings_of(llm, tmp_path, concurrency=1)).answered == 20
    assert schema_asked(llm) == ["json_schema", "json_object", *["none"] * 20]


def test_the_dialect_is_no_part_of_the_key(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: error(400, "no response_format") if "response_format" in body else '{"answer": "a"}'
    generate([ask(1, schema=SCHEMA)], settings_of(llm, tmp_path))
    llm.rule = lambda body: '{"answer": "b"}'
    assert generate([ask(1, schema=SCHEMA)], settings_of(llm, tmp_path)).stored == 1


def test_newer_openai_models(llm: Llm, tmp_path: Path) -> None:
    """They call the limit otherwise, and take no temperature."""

    def rule(body: dict[str, Any]) -> Reply | str:
        if "max_tokens" in body:
            words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
            return error(400, words, code="unsupported_parameter", param="max_tokens")
        if "temperature" in body:
            words = (
                "Unsupported value: 'temperature' does not support 0.8 with this model. "
                "Only the default (1) value is supported."
            )
            return error(400, words, code="unsupported_value", param="temperature")
        return "good"

    llm.rule = rule
    asked = [ask(n, temperature=0.8, seed=5) for n in range(30)]
    assert generate(asked, settings_of(llm, tmp_path, concurrency=2)).answered == 30
    assert len(llm.asked) <= 30 + 2 * 2
    assert llm.asked[-1].keys() == {"model", "messages", "max_completion_tokens", "seed"}
    assert llm.asked[-1]["max_completion_tokens"] == 64


def test_servers_without_seeds(llm: Llm, tmp_path: Path) -> None:
    detail = [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]
    llm.rule = lambda body: as_json({"detail": detail}, 422) if "seed" in body else "good"
    assert generate([ask(n, seed=n) for n in range(10)], settings_of(llm, tmp_path)).answered == 10


def test_a_server_that_wants_neither_name_of_the_limit(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: error(400, "Unsupported parameter: max_tokens, max_completion_tokens")
    generate([ask(1)], settings_of(llm, tmp_path))
    assert only(tmp_path, ask(1)).error == "bad_request"
    assert len(llm.asked) == 2


def test_an_error_with_status_200(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    llm.rule = lambda body: (
        as_json({"error": {"message": "Upstream provider failed", "code": 502}}) if len(llm.asked) == 1 else "good"
    )
    generate([ask(1)], settings_of(llm, tmp_path))
    assert only(tmp_path, ask(1)).text == "good"


@pytest.mark.parametrize("said", ["0", "0.01", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", "-1"])
def test_retry_after_in_all_its_forms(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    hurry(monkeypatch)
    llm.rule = lambda body: throttled(said) if len(llm.asked) == 1 else "good"
    generate([ask(1)], settings_of(llm, tmp_path))
    assert len(llm.asked) == 2


def test_a_proxy_is_used_and_no_proxy_is_heeded(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    came = []

    def proxied(asked: Asked) -> Reply:
        came.append(asked.path)
        return completion("by proxy")

    with Llm() as proxy:
        monkeypatch.setattr(proxy, "_route", proxied)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        generate([ask(1)], settings_of(llm, tmp_path, base_url="http://models.example/v1"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        generate([ask(2)], settings_of(llm, tmp_path))
    assert came == ["http://models.example/v1/chat/completions"]
    assert len(llm.asked) == 1
