"""Models in ONNX files that give each image a number, run by ONNX Runtime: nothing in them is unpickled or run as Python."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vlit_hub.errors import ModelError
from vlit_hub.quality.models.loading import digest_of

__all__ = ["ImageScorer", "cannot_score", "file_revision"]

_CHANNELS = 3


def cannot_score(file: Path | None, option: str) -> str | None:
    """Why a model can't be used, and what to do; None if it can.

    Args:
        file: The option's value.
        option: Its name, as `--option` takes it.
    """
    if not find_spec("onnxruntime"):
        return "ONNX Runtime isn't installed: pip install 'vlit-hub[onnx]'"
    if file is None:
        return f"no model is named: --option {option}=FILE.onnx (docs/quality.md says how to make one)"
    if not file.expanduser().is_file():
        return f"there is no file {str(file)!r}: --option {option}=FILE.onnx"
    return None


def file_revision(file: Path) -> str:
    """A hash of the file, and of weights that lie beside it (`FILE.onnx.data`)."""
    file = file.expanduser()
    return digest_of(sorted(file.parent.glob(f"{file.name}*")))


class ImageScorer:
    """A loaded model. It takes images as float32, N x 3 x side x side, and its first output is a number for each.

    Args:
        file: The model. One whose N is fixed to 1 is given one image at a time.
        side: Of the images, in pixels.
        device: As indicators are given it; `auto` is the GPU where ONNX Runtime can use it.

    Raises:
        ModelError: It can't be loaded, takes something else, or the device can't be used.
    """

    def __init__(self, file: Path, side: int, device: str) -> None:
        import onnxruntime

        self._file, self._lock = file, threading.Lock()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(file.expanduser()), options, providers=[_provider(device)]
            )
        except Exception as error:  # its own exceptions have no common class
            words = str(error).strip().splitlines()[0]
            raise ModelError(f"{file}: is no model that ONNX Runtime can load ({words}). Export it again.") from None
        inputs = self._session.get_inputs()
        shape = list(inputs[0].shape)
        wanted = [None, _CHANNELS, side, side]
        fits = len(shape) == len(wanted) and all(
            size == want or not isinstance(size, int) or want is None for size, want in zip(shape, wanted, strict=True)
        )
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or not fits:
            found = ", ".join(f"{one.type} {' x '.join(map(str, one.shape))}" for one in inputs)
            raise ModelError(f"{file}: takes {found}, not float32 N x 3 x {side} x {side}. Export it so.")
        self._name = inputs[0].name
        self._most = shape[0] if isinstance(shape[0], int) else None

    def scores(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """A number for each image. May be called from several threads at once.

        Raises:
            ModelError: The model gives something else.
        """
        step = self._most or len(images)
        parts = []
        for first in range(0, len(images), step):
            part = images[first : first + step]
            try:
                with self._lock:
                    found = np.asarray(self._session.run(None, {self._name: part})[0], dtype=np.float64)
            except Exception as error:
                words = str(error).strip().splitlines()[0]
                raise ModelError(f"{self._file}: fails on an image ({words}). Export it again.") from None
            if found.size != len(part):
                shape = " x ".join(map(str, found.shape))
                raise ModelError(
                    f"{self._file}: its first output is {shape} for {len(part)} images, not one number each."
                )
            parts.append(found.reshape(-1))
        return np.concatenate(parts)


def _provider(device: str) -> str | tuple[str, dict[str, str]]:
    """How ONNX Runtime names a device.

    Raises:
        ModelError: It can't use it.
    """
    import onnxruntime

    kind, _, number = device.partition(":")
    gpu = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if kind == "cpu" or (kind == "auto" and not gpu):
        return "CPUExecutionProvider"
    if not gpu:
        raise ModelError(f"ONNX Runtime can't use device {device!r}. For a GPU: pip install onnxruntime-gpu.")
    return "CUDAExecutionProvider", {"device_id": number or "0"}
