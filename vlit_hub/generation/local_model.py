"""A language model of the Hugging Face format in this process, text or vision, that answers one request at a time."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from vlit_hub.errors import MissingExtra, ModelError
from vlit_hub.generation.backends import Transient
from vlit_hub.generation.requests import Request, Response, text_of

__all__ = ["LocalModel", "load"]

DEFAULT_MAX_TOKENS = 1024  # of an answer, where neither the request nor the model's generation config says
_PLAIN_ROLES = {"system": "System", "user": "User", "assistant": "Assistant"}
_NEXT_TURN = "\nUser:"


class LocalModel:
    """A loaded model with its tokenizer or processor.

    Args:
        name: As the request names it.
        model: A `transformers` model that generates.
        reader: The processor of a vision model, else the tokenizer.
        sees: Whether it takes pictures.
    """

    def __init__(self, name: str, model: Any, reader: Any, *, sees: bool) -> None:
        self.name = name
        self.sees = sees
        self._model = model
        self._reader = reader
        self._tokenizer = reader.tokenizer if sees else reader
        limits = (
            getattr(model.config.get_text_config(), "max_position_embeddings", None),
            self._tokenizer.model_max_length,
        )
        self.context = min(limit for limit in limits if limit)
        ends = model.generation_config.eos_token_id
        self._ends = {ends} if isinstance(ends, int) else set(ends or ())

    def answer(self, request: Request, stop: threading.Event) -> Response:
        """Ask the model. The same request gives the same answer on the same machine: sampling is seeded with its key.

        Sampling is at the request's temperature, with top-p and top-k as the model's generation config has them; at
        temperature 0 the likeliest token is taken. `prompt_tokens` and `completion_tokens` are exact; the latter count the
        token that ends the answer.

        Raises:
            ModelError: There are pictures, and the model doesn't see; or it runs out of memory.
            Transient: `stop` was set.
        """
        import torch

        try:
            inputs = self._inputs(request)
        except _Unusable as error:
            return Response(text=str(error), model=self.name, error="bad_request")
        prompt = int(inputs["input_ids"].shape[1])
        if prompt >= self.context:
            words = f"the prompt has {prompt} tokens, and the model takes {self.context} together with the answer"
            return Response(text=words, model=self.name, prompt_tokens=prompt, error="context_too_long")
        device = self._model.device
        with _quiet(), torch.inference_mode(), torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(int(request.key()[:15], 16))
            try:
                tokens = self._model.generate(
                    **inputs.to(device),
                    **self._sampling(request, self.context - prompt),
                    stopping_criteria=[_when(stop)],
                    pad_token_id=self._tokenizer.pad_token_id,
                )[0, prompt:].tolist()
            except torch.OutOfMemoryError:
                raise ModelError(
                    f"model {self.name!r} ran out of memory at a prompt of {prompt} tokens. "
                    "Use a smaller model, or one on a server (--base-url)."
                ) from None
        if stop.is_set():
            raise Transient("stopped while the model was answering")
        text = self._text(tokens)
        return Response(
            text=text,
            error=None if text else "empty",
            finish_reason="stop" if tokens and tokens[-1] in self._ends else "length",
            model=self.name,
            prompt_tokens=prompt,
            completion_tokens=len(tokens),
        )

    def _sampling(self, request: Request, room: int) -> dict[str, Any]:
        own = self._model.generation_config
        wanted = request.max_tokens or own.max_new_tokens or DEFAULT_MAX_TOKENS
        options: dict[str, Any] = {"max_new_tokens": min(wanted, room)}
        if request.temperature == 0:
            options |= {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        elif request.temperature is not None:
            # without a word of the model's, transformers would sample among 50 tokens, which no server does
            options |= {"do_sample": True, "temperature": request.temperature, "top_k": own.top_k or 0}
        return options

    def _inputs(self, request: Request) -> Any:
        asked = _with_schema(request)
        messages = [self._message(message) for message in asked]
        if self._reader.chat_template is None:
            return self._tokenizer(_plain(asked), return_tensors="pt")
        from jinja2 import TemplateError

        options = {"add_generation_prompt": True, "tokenize": True, "return_dict": True, "return_tensors": "pt"}
        try:
            return self._reader.apply_chat_template(messages, **options)
        except TemplateError as first:
            # some templates (Gemma's) know no system message: then it goes before the user's first words
            try:
                return self._reader.apply_chat_template(_system_in_user(messages), **options)
            except TemplateError:
                raise _Unusable(f"the model's chat template refuses the messages: {first}") from None

    def _message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """In the form that `transformers` takes."""
        content = message["content"]
        if not self.sees:
            if not isinstance(content, str) and any(part["type"] == "image_url" for part in content):
                raise ModelError(f"model {self.name!r} takes text only. Leave the photos out, or use a vision model.")
            return {"role": message["role"], "content": text_of(message)}
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else [_part(part) for part in content]
        return {"role": message["role"], "content": parts}

    def _text(self, tokens: list[int]) -> str:
        text = str(self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))
        if self._reader.chat_template is None:  # it may go on with the user's next words
            text = text.split(_NEXT_TURN)[0]
        return text.strip()


def load(name: str) -> LocalModel:
    """Load a model: a folder, or a name on the Hugging Face Hub; on the first GPU where there is one, in its own precision.

    Code that comes with a model is never run.

    Raises:
        MissingExtra: `torch` or `transformers` isn't installed.
        ModelError: There is no such model, or it can't be loaded.
    """
    try:
        import torch
        import transformers
    except ImportError:
        raise MissingExtra("The backend transformers", "models") from None
    if name.startswith((".", "/", "~")) and not Path(name).expanduser().is_dir():
        raise ModelError(f"model {name!r}: there is no such folder.")
    where = str(Path(name).expanduser()) if name.startswith("~") else name
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        with _quiet():
            config = transformers.AutoConfig.from_pretrained(where, trust_remote_code=False)
            sees = type(config) in transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
            kind = transformers.AutoModelForImageTextToText if sees else transformers.AutoModelForCausalLM
            reader = (transformers.AutoProcessor if sees else transformers.AutoTokenizer).from_pretrained(
                where, trust_remote_code=False
            )
            model = kind.from_pretrained(where, trust_remote_code=False, dtype="auto").to(device).eval()
    except (OSError, ValueError, ImportError, RuntimeError, KeyError) as error:
        raise ModelError(
            f"model {name!r} can't be loaded ({_first_line(error)}). "
            "Give a folder with a model, or a name on the Hugging Face Hub."
        ) from None
    return LocalModel(name, model, reader, sees=sees)


class _Unusable(Exception):
    """A request that this model can't be asked; the message says why."""


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    if part["type"] == "text":
        return dict(part)
    head, _, data = part["image_url"]["url"].partition(",")
    if not head.startswith("data:"):
        raise _Unusable("a picture is given by its address; this backend takes pictures as data")
    try:
        picture = Image.open(BytesIO(b64decode(data))).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise _Unusable(f"a picture can't be decoded: {error}") from None
    return {"type": "image", "image": picture}


def _with_schema(request: Request) -> list[Mapping[str, Any]]:
    """The messages; the last one tells the schema, if there is one."""
    *before, last = request.messages
    if request.schema is None:
        return [*before, last]
    schema = json.dumps(request.schema, ensure_ascii=False)
    words = f"Answer with one JSON object that satisfies this JSON schema, and with nothing else:\n{schema}"
    content = last["content"]
    told = f"{content}\n\n{words}" if isinstance(content, str) else [*content, {"type": "text", "text": words}]
    return [*before, {**last, "content": told}]


def _plain(messages: list[Mapping[str, Any]]) -> str:
    """A prompt for a model without a chat template: `System: ...`, `User: ...`, ending with `Assistant:`."""
    turns = [f"{_PLAIN_ROLES[message['role']]}: {text_of(message)}" for message in messages]
    return "\n\n".join([*turns, "Assistant:"])


def _system_in_user(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(messages) < 2 or messages[0]["role"] != "system":
        return messages
    system, user = messages[0]["content"], messages[1]["content"]
    both = f"{system}\n\n{user}" if isinstance(user, str) else [*system, *user]
    return [{**messages[1], "content": both}, *messages[2:]]


def _when(stop: threading.Event) -> Callable[..., Any]:
    """A stopping criterion: generation ends at the next token."""
    import torch

    return lambda tokens, scores, **_: torch.full((len(tokens),), stop.is_set(), device=tokens.device)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the progress bars and warnings of `transformers`, which would go across ours."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
