"""Finding and loading the models of indicators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pydantic
import xxhash

from vlit_hub.errors import ModelError
from vlit_hub.quality.indicator import IndicatorOptions

if TYPE_CHECKING:
    import torch

__all__ = [
    "LocalModelOptions",
    "cannot_load",
    "digest_of",
    "dtype_of",
    "loading",
    "pick_device",
    "revision_of",
    "where",
]

_READ = 1 << 24


class LocalModelOptions(IndicatorOptions):
    """Options of indicators that run a model here."""

    model: str | None = pydantic.Field(None, description="The model: a folder, or a name on the Hugging Face Hub.")
    precision: Literal["auto", "float32", "bfloat16"] = pydantic.Field(
        "auto", description="Of the model's numbers; auto is bfloat16 where the machine calculates in it, else float32."
    )


def cannot_load(model: str | None, option: str, example: str) -> str | None:
    """Why a model of `transformers` can't be used, and what to do; None if it can.

    Args:
        model: The option's value.
        option: Its name, as `--option` takes it: `text_readability.model`.
        example: A model that would do.
    """
    if not all(find_spec(module) for module in ("torch", "transformers")):
        return "torch and transformers aren't both installed: pip install 'vlit-hub[models]'"
    if model is None:
        return f"no model is named: --option {option}=MODEL (a folder or a name on the Hub, say {example})"
    if model.startswith((".", "/", "~")) and not Path(model).expanduser().is_dir():
        return f"there is no folder {model!r}: --option {option}=MODEL"
    return None


def where(model: str) -> dict[str, str]:
    """What says to `from_pretrained` which files to load: of a model on the Hub those of one commit."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return {"pretrained_model_name_or_path": str(folder)}
    return {"pretrained_model_name_or_path": model, "revision": _commit(model)}


def revision_of(model: str) -> str:
    """Which weights these are: `NAME@COMMIT` of a model on the Hub, a hash of all files of one in a folder.

    Raises:
        ModelError: There is no such model, or the Hub can't be reached and hasn't been asked for it before.
    """
    folder = Path(model).expanduser()
    if not folder.is_dir():
        return f"{model}@{_commit(model)}"
    return digest_of(sorted(path for path in folder.rglob("*") if path.is_file()))


def digest_of(files: Sequence[Path]) -> str:
    """A hash of the names and the content of files; taken again when a size or a time changes."""
    states = [path.stat() for path in files]
    return _digest(tuple((path, state.st_size, state.st_mtime_ns) for path, state in zip(files, states, strict=True)))


@lru_cache(maxsize=32)
def _digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    content = xxhash.xxh3_64()
    for path, size, _ in files:
        content.update(f"{path.name} {size} ".encode())
        with path.open("rb") as file:
            while part := file.read(_READ):
                content.update(part)
    return content.hexdigest()


@lru_cache(maxsize=32)
def _commit(model: str) -> str:
    """The newest commit; where the Hub can't be reached, the one that was fetched last."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(hf_hub_download(model, "config.json")).parent.name  # .../snapshots/COMMIT/config.json
    except (OSError, ValueError, HfHubHTTPError) as error:
        raise ModelError(
            f"model {model!r} can't be found ({_first_line(error)}). "
            "Give a folder with a model, or a name on the Hugging Face Hub."
        ) from None


@contextmanager
def loading(model: str) -> Iterator[None]:
    """Loads without the progress bars and warnings of `transformers`.

    Raises:
        ModelError: The model can't be loaded.
    """
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except (OSError, ValueError, ImportError, RuntimeError, KeyError, AttributeError) as error:
        raise ModelError(f"model {model!r} can't be loaded ({_first_line(error)}). Give another.") from None
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def pick_device(device: str) -> str:
    """What `auto` is: the first GPU where there is one.

    Raises:
        ModelError: There is no such device here.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"device {device!r} can't be used ({_first_line(error)}). Try --device auto.") from None
    return device


def dtype_of(precision: str, device: str) -> torch.dtype:
    """What a model calculates in.

    bfloat16 halves the time on GPUs that know it and on processors with instructions for it; on others it is slower.
    """
    import torch

    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if device.startswith("cuda") else _cpu_has_bfloat16()
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def _cpu_has_bfloat16() -> bool:
    import torch

    tests: list[Any] = [
        getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    ]
    return any(test is not None and test() for test in tests)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
