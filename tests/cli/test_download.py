"""`--download` against a real file server that holds the official archives' names with the sample's annotations in them."""

import functools
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import run


class Quiet(http.server.SimpleHTTPRequestHandler):
    asked: list[str] = []

    def log_message(self, *words: object) -> None:
        self.asked.append(f"{self.command} {self.path}")


@pytest.fixture
def mirror(sample: Path, tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "mirror"
    archives = {
        "annotations/annotations_trainval2014.zip": ["captions_*.json", "instances_*.json"],
        "cvmlp/vqa/mscoco/vqa/v2_Questions_Train_mscoco.zip": ["v2_OpenEnded_mscoco_train2014_questions.json"],
        "cvmlp/vqa/mscoco/vqa/v2_Annotations_Train_mscoco.zip": ["v2_mscoco_train2014_annotations.json"],
        "cvmlp/vqa/mscoco/vqa/v2_Questions_Val_mscoco.zip": ["v2_OpenEnded_mscoco_val2014_questions.json"],
        "cvmlp/vqa/mscoco/vqa/v2_Annotations_Val_mscoco.zip": ["v2_mscoco_val2014_annotations.json"],
        "bgshih/cocotext/releases/download/dl/cocotext.v2.zip": ["cocotext.v2.json"],
    }
    for name, patterns in archives.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for pattern in patterns:
                for file in sorted(sample.rglob(pattern)):
                    archive.write(file, f"annotations/{file.name}")
    Quiet.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_official_archives_are_fetched_once_and_built_from(mirror: str, home: Path, sample: Path):
    words = ["build", "coco_aa", "--data-dir", "coco", "--download", "--mirror", mirror]
    done = run(home, *words, offline=False)
    assert done.code == 0, done.err
    assert (home / "coco" / "annotations_trainval2014.zip").exists()
    asked = len([line for line in Quiet.asked if line.startswith("GET")])
    assert asked == 6
    again = run(home, *words, offline=False)
    assert "up to date" in again.out
    assert len([line for line in Quiet.asked if line.startswith("GET")]) == asked
    # the same records as from the unpacked files, but for their photos, which weren't fetched, and what isn't in the archives
    plain = run(home, "build", "coco_aa", "--data-dir", sample, "--out", "plain")
    assert plain.code == 0, plain.err


def test_a_file_that_isn_t_there_is_named(home: Path, mirror: str):
    words = ["build", "coco_aa", "--data-dir", "coco", "--download", "--mirror", f"{mirror}/nowhere"]
    done = run(home, *words, offline=False)
    assert done.code == 1
    assert f"{mirror}/nowhere/annotations/annotations_trainval2014.zip" in done.line


@pytest.mark.parametrize("address", ["localhost", "ftp://localhost/x", "file:///etc"])
def test_a_mirror_must_be_a_web_server(home: Path, address: str):
    done = run(home, "build", "coco_aa", "--data-dir", "coco", "--download", "--mirror", address)
    assert done.code == 2
    assert "--mirror" in done.line
