"""Each hook, by the example in its page of the docs; and that no hook is without a page and a test."""

from __future__ import annotations

import inspect
import json
import re
import types
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from tests.publishing.conftest import write_folder
from vlit_hub import hookspecs, plugin_manager, readme
from vlit_hub.dataset.reading import open_dataset
from vlit_hub.export import engine
from vlit_hub.files import AnnotationFile
from vlit_hub.frames import SCHEMAS, Annotations, conform
from vlit_hub.generation.requests import Request, Settings
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore
from vlit_hub.importing.importer import Origin
from vlit_hub.importing.running import ImportOptions, import_dataset
from vlit_hub.importing.sniffing import sniff
from vlit_hub.publishing.card import write_card
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured
from vlit_hub.strategy import Options

PAGES = Path(__file__).parents[2] / "docs" / "hooks"
HOOKS = [name for name, value in vars(hookspecs).items() if hasattr(value, "vlit_hub_spec")]


def example(hook: str, language: str = "python") -> str:
    found = re.findall(rf"```{language}\n(.*?)```", (PAGES / f"{hook}.md").read_text(), re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def install_example(hook: str, name: str = "example") -> None:
    module = types.ModuleType(name)
    exec(compile(example(hook), f"{hook}.md", "exec"), vars(module))
    plugin_manager.register(module, name)
    [info] = [info for info in plugin_manager.installed() if info.name == name]
    assert info.hooks == (hook,)
    assert any(info.provides.values())
    assert info.faults == []


def test_there_are_hooks() -> None:
    assert len(HOOKS) >= 4


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_of_its_name(hook: str) -> None:
    assert f"test_{hook}" in globals()


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_its_exact_signature_in_its_page(hook: str) -> None:
    signature = str(inspect.signature(getattr(hookspecs, hook))).replace("'", "")
    assert f"`{hook}{signature}`" in (PAGES / f"{hook}.md").read_text().splitlines()[0]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_when_it_is_called(hook: str) -> None:
    assert "Called at" in (inspect.getdoc(getattr(hookspecs, hook)) or "")


def test_every_page_is_of_a_hook() -> None:
    assert sorted(page.stem for page in PAGES.glob("*.md")) == sorted(HOOKS)


def test_register_sources(tmp_path: Path) -> None:
    install_example("register_sources")
    source = plugin_manager.get_source("my_captions")
    file = tmp_path / "my_captions_train.json"
    file.write_text(example("register_sources", "json"))
    frames = source.read([AnnotationFile(file, split="train")], "fail")
    assert {kind: frame.schema for kind, frame in frames.items()} == {kind: SCHEMAS[kind] for kind in frames}
    assert frames["images"].select("image_id", "image_key", "width").row(0) == (7, "7", 640)
    assert frames["captions"].select("image_id", "caption", "split").row(0) == (7, "A tram in the rain.", "train")


def test_register_strategies() -> None:
    install_example("register_strategies")
    captions = pl.DataFrame(
        {"image_id": [1, 1, 2], "caption_id": [4, 5, 6], "caption": ["A cat.", " A mat. ", "A bat."]}
    )
    annotations = Annotations.of(
        {
            "images": conform("images", pl.DataFrame({"image_id": [1, 2], "image_key": ["1", "2"]})),
            "captions": conform("captions", captions.with_columns(source=pl.lit("coco_captions"))),
        }
    )
    short, fast = (plugin_manager.get_strategy(f"captions_{way}_way") for way in ("short", "fast"))
    made = fast.drafts(annotations, Options(), None)
    assert made.select("key", "response").rows() == [("4", "A cat."), ("5", "A mat."), ("6", "A bat.")]
    assert short.drafts(annotations, Options(), None).select(made.columns).equals(made)


def test_register_backends(tmp_path: Path) -> None:
    install_example("register_backends")
    asked = [
        Request(backend="parrot", model="grey", messages=({"role": "user", "content": words},))
        for words in ("Say: a tram", "nothing")
    ]
    settings = Settings(store=str(tmp_path / "responses.sqlite"))
    summary = generate(asked, settings)
    assert (summary.answered, summary.errors) == (2, {"empty": 1})
    with ResponseStore(tmp_path / "responses.sqlite") as store:
        assert [store.get(request.key()).text for request in asked] == ["a tram", ""]  # type: ignore[union-attr]


def test_register_importers(tmp_path: Path) -> None:
    install_example("register_importers")
    file = tmp_path / "dialogues.json"
    file.write_text(example("register_importers", "json"))
    assert sniff(AnnotationFile(file)) == ["dialogues"]
    importer = plugin_manager.get_importer("dialogues")
    done = import_dataset(importer, Origin(str(file)), tmp_path / "out", ImportOptions(), repo_id="vlit_hub/dialogues")
    record = pl.read_parquet(done.folder / "data").row(0, named=True)
    assert record["history"] == [{"instruction": "What is it?", "response": "A tram."}]
    assert (record["id"], record["instruction"], record["source"]["file_names"]) == ("1", "Which colour?", ["tram.jpg"])


def test_register_builders() -> None:
    install_example("register_builders")
    builder = plugin_manager.get_builder("coco_captions_only")
    strategy = plugin_manager.get_strategy(builder.strategy)
    assert set(builder.defaults["tasks"]) <= set(strategy.tasks)
    assert set(builder.sources) <= set(plugin_manager.sources())


def test_register_indicators(tmp_path: Path) -> None:
    install_example("register_indicators")
    dataset = open_dataset(write_folder(tmp_path / "trams", "none", {}))
    entry = score(dataset, ["shouting"])["indicators"]["shouting"]
    assert entry["columns"]["shouting"]["nulls"] == 0
    measured = Measured(dataset).read(["shouting"])["shouting"]
    responses = dataset.read(["response"])["response"]
    assert dict(zip(responses, measured, strict=True))["Yes."] == pytest.approx(1 / 3)


def test_register_exporters(tmp_path: Path) -> None:
    install_example("register_exporters")
    dataset = open_dataset(write_folder(tmp_path / "trams", "none", {}))
    done = engine.export(
        dataset, plugin_manager.get_exporter("pairs"), tmp_path / "out", engine.Settings(images="none")
    )
    lines = [json.loads(line) for line in (tmp_path / "out" / done.train.path).read_text().splitlines()]
    assert len(lines) == done.train.samples > 0
    assert {one["speaker"] for line in lines for one in line["dialogue"]} == {"person", "machine"}
    assert all(line["dialogue"][0]["says"].startswith("<image>\n") and line["photo"] for line in lines)
    assert f"pair-trainer --data {tmp_path / 'out'}" in (tmp_path / "out" / "README.md").read_text()


def test_register_commands() -> None:
    install_example("register_commands")
    app = typer.Typer()
    app.command("own")(lambda: None)
    plugin_manager.register_commands(app)
    shown = CliRunner().invoke(app, ["tasks"])
    assert shown.exit_code == 0
    assert "image_captioning: describe the image in a sentence" in shown.stdout


def test_register_card_sections(tmp_path: Path) -> None:
    install_example("register_card_sections")
    folder = write_folder(tmp_path / "trams", "none", {})
    written = write_card(folder)
    card = readme.parse((folder / "README.md").read_text())
    assert card.blocks["section-questions"].text.startswith("## Questions\n\n8 of 24 instructions ask a question.")
    names = list(card.blocks)
    assert names[names.index("section-questions") - 1] == "limits"
    assert "plots/questions.png" in written.files and (folder / "plots" / "questions.png").read_bytes()[1:4] == b"PNG"
    assert write_card(folder) == written
