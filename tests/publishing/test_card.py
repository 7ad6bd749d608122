"""The card, computed from real Parquet files."""

import io
import json
import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash
from PIL import Image

from tests.publishing.conftest import MakeFolder, answer, caption, rows, write_split
from vlit_hub import readme
from vlit_hub.errors import InputError
from vlit_hub.publishing.card import CardFiles, make_card, write_card
from vlit_hub.publishing.folder import open_folder
from vlit_hub.publishing.measuring import measure
from vlit_hub.publishing.summary import summarise
from vlit_hub.records import from_rows

TRAIN, VALIDATION = rows(0, 6, None), rows(6, 8, None)
RECORDS = TRAIN + VALIDATION


def card_of(folder: Path, repo_id: str | None = None) -> CardFiles:
    return make_card(open_folder(folder), repo_id)


def front_of(text: str) -> dict[str, Any]:
    return readme.parse(text).front.values


def rewrite(folder: Path, records: list[dict[str, Any]]) -> None:
    for file in (folder / "data").glob("train-*"):
        file.unlink()
    write_split(folder, "train", [records])


def test_the_numbers_are_those_of_the_records(make_folder: MakeFolder) -> None:
    folder = open_folder(make_folder(photos="none"))
    summary = summarise(folder, measure(folder))
    assert (summary.records, summary.images) == (len(RECORDS), 8)
    assert [(one.name, one.records, one.images) for one in summary.splits] == [("train", 18, 6), ("validation", 6, 2)]
    by_name = {task.name: task for task in summary.tasks}
    for name, task in by_name.items():
        own = [record for record in RECORDS if record["task"] == name]
        asked = [len(f"{record['instruction']} {record['input']['text']}".split()) for record in own]
        said = [record["response"] for record in own]
        assert task.by_split == (6, 2) and task.records == 8
        assert task.asked.mean == pytest.approx(statistics.mean(asked))
        assert (task.asked.median, task.asked.largest) == (statistics.median_low(asked), max(asked))
        assert task.answered.mean == pytest.approx(statistics.mean(len(text.split()) for text in said))
        assert task.responses == len(set(said)) and task.instructions == 1
        top = Counter(said).most_common(1)[0][1]
        assert task.top is not None and said.count(task.top.name) == task.top.count == top
    assert by_name["object_presence"].yes == 0.5 and by_name["image_captioning"].yes is None
    assert summary.turns.largest == 2 and summary.records_with_regions == 8
    assert {one.name: one.count for one in summary.sources} == {"coco_captions": 16, "vqa": 8, "coco_instances": 8}
    assert {license.id: one.count for license, one in summary.image_licenses} == {
        "CC-BY-2.0": 2,
        "CC-BY-NC-ND-2.0": 2,
        "CC-BY-NC-SA-2.0": 2,
        "unknown": 2,
    }
    agreements = [record["quality"]["annotator_agreement"] for record in RECORDS if record["task"].startswith("visual")]
    indicator, claims = summary.indicators
    assert (claims.name, claims.known, claims.values, summary.unsupported) == ("unsupported_mentions", 0, None, None)
    assert indicator.known == 8 and indicator.values is not None
    assert indicator.values.mean == pytest.approx(statistics.mean(agreements))
    assert summary.disputed == sum(one <= 0.5 for one in agreements) / 8
    assert [(label.name, label.count) for label in summary.labels] == [("tram", 8)]
    assert summary.repeated == 0 and summary.language == "en"


def test_sizes_are_those_that_datasets_finds(make_folder: MakeFolder) -> None:
    folder = make_folder()
    info = front_of(card_of(folder).text)["dataset_info"]
    assert [(split["name"], split["num_examples"]) for split in info["splits"]] == [("train", 18), ("validation", 6)]
    assert info["download_size"] == sum(file.stat().st_size for file in (folder / "data").iterdir())
    found = datasets.load_dataset(str(folder), cache_dir=str(folder.parent / "cache"))
    for split in info["splits"]:
        # `datasets` counts a photo once a record; the files, and this, once a row group
        photos = sum(len(one["images"][0]["bytes"]) for one in found[split["name"]].data["input"].to_pylist())
        assert split["num_bytes"] == pytest.approx(
            found[split["name"]].info.splits[split["name"]].num_bytes - photos, rel=0.2
        )


@pytest.mark.parametrize("photos", ["embedded", "file", "none"])
def test_a_stranger_can_load_it_and_run_what_the_card_says(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, photos: str
) -> None:
    folder = make_folder(photos=photos)
    written = write_card(folder, repo_id=str(folder))
    assert written.kept == ()
    text = (folder / "README.md").read_text()
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    code = code.replace("path/to/the/photos", str(folder.parent / "photos"))
    names: dict[str, Any] = {}
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", folder.parent / "cache")
    exec(code, names)
    data, chats = names["data"], names["chats"]
    assert len(data) == 18 and data[0]["input"]["images"][0].size == (64, 48)
    assert next(iter(names["stream"]))["id"] == data[0]["id"]
    assert set(names["texts"].column_names) == {"id", "task", "instruction", "response"}
    assert len(chats[0]["images"]) == 1
    many = next(chat for chat in chats if len(chat["messages"]) == 4)
    assert [message["role"] for message in many["messages"]] == ["user", "assistant"] * 2
    kinds = [block["type"] for message in many["messages"] for block in message["content"]]
    assert kinds == ["image", "text", "text", "text", "text"]
    asked = chats[1]["messages"][0]["content"][-1]["text"]
    assert asked == "Answer the question with a word or two.\nWhat is the color of | the `tram` <b>?"


def test_yaml(make_folder: MakeFolder) -> None:
    found = front_of(card_of(make_folder(), "me/my_trams").text)
    assert found["pretty_name"] == "my_trams"
    assert found["language"] == ["en"] and found["multilinguality"] == ["monolingual"]
    assert (found["license"], found["license_link"]) == ("other", "LICENSE.md")
    assert found["task_categories"] == ["image-text-to-text", "image-to-text", "visual-question-answering"]
    assert found["task_ids"] == ["image-captioning", "visual-question-answering"]
    assert found["size_categories"] == ["n<1K"]
    assert found["annotations_creators"] == found["language_creators"] == ["found"]
    assert found["source_datasets"][0] == "extended|other-coco-captions"
    assert "synthetic" not in found["tags"] and "object-presence" in found["tags"]


def test_one_known_license_is_named(make_folder: MakeFolder) -> None:
    folder = make_folder(photos="none")
    for split in ("train", "validation"):
        write_split(folder, split, [[caption(1 + (split == "train"), None, "CC-BY-4.0")]])
    for file in (folder / "data").glob("*-of-00002.parquet"):
        file.unlink()
    assert front_of(card_of(folder).text)["license"] == "cc-by-4.0"


def test_what_a_model_wrote_is_said(make_folder: MakeFolder) -> None:
    folder = make_folder(photos="none")
    generation = {"model": "gpt|4", "prompt": "p", "prompt_version": "2", "temperature": 0.8, "seed": 3}
    quality = [{"annotator_agreement": None, "unsupported_mentions": claims} for claims in (2, 0, 0, None)]
    wrote = {**caption(9, None, None), "generation": generation}
    rewrite(folder, [{**wrote, "id": str(number), "quality": one} for number, one in enumerate(quality)])
    text = card_of(folder).text
    assert "| `gpt\\|4` | `p` | 2 | 0.8 | 4 |" in text
    assert "a language model wrote 4 records (40%)" in text
    assert "**`unsupported_mentions`**: How many categories of objects the text claims that no annotation" in text
    assert "Known for 3 records (30%): mean 0.67" in text
    assert "**Unsupported mentions.** Of the records that were looked through for it, 33% speak of an object" in text
    assert "**Model-written text.**" in text and "**As right as the annotations.**" not in text
    front = front_of(text)
    assert front["annotations_creators"] == ["found", "machine-generated"] and "synthetic" in front["tags"]


def test_indicators_say_what_they_mean(make_folder: MakeFolder) -> None:
    folder = make_folder(photos="none")
    metadata = {"description": "How | clear it is.", "backend": "toy 1"}
    kinds = {"clarity": pa.float32(), "verdict": pa.string()}
    for split in ("train", "validation"):
        table = from_rows(
            [
                {**one, "quality": {**one["quality"], "clarity": 0.25 * number, "verdict": "good" if number else None}}
                for number, one in enumerate(rows(2, 3, None))
            ],
            indicators=kinds,
        )
        for file in (folder / "data").glob(f"{split}-*"):
            file.unlink()
        fields = [
            field.with_metadata(metadata) if field.name == "clarity" else field for field in table["quality"].type
        ]
        quality = pa.StructArray.from_arrays(table["quality"].combine_chunks().flatten(), fields=fields)
        table = table.set_column(table.schema.get_field_index("quality"), "quality", quality)
        pq.write_table(table, folder / "data" / f"{split}-00000-of-00001.parquet")
    card = card_of(folder)
    assert "**`clarity`**: How | clear it is. backend: `toy 1`. Known for 6 records (100%): mean 0.25" in card.text
    assert (
        "**`verdict`**: no description in the column's metadata. Known for 4 records (67%): `good` 4 (100%)."
        in card.text
    )
    assert "Nothing else was measured" not in card.text
    assert "Nothing else was measured" in card_of(make_folder("plain", photos="none")).text
    assert "| `quality.clarity` |" in card.text
    assert Image.open(io.BytesIO(card.files["plots/quality.png"])).width > 500


@pytest.mark.parametrize(
    "texts",
    [
        ["Un tranvía rojo espera en la lluvia de la tarde."],
        ["一辆红色电车在雨中等待"] * 3 + ["A tram and the rain in this town."],
    ],
)
def test_no_language_is_stated_where_it_isnt_known(make_folder: MakeFolder, texts: list[str]) -> None:
    folder = make_folder(photos="none")
    for split in ("train", "validation"):
        for file in (folder / "data").glob(f"{split}-*"):
            file.unlink()
        records = [{**caption(n, None, None), "response": text} for n, text in enumerate(texts)]
        write_split(folder, split, [records])
    text = card_of(folder).text
    assert "language" not in front_of(text) and "in English" not in text
    assert "**Language.** Which languages the texts are in couldn't be told" in text


def test_every_field_of_a_record_is_in_the_table(make_folder: MakeFolder) -> None:
    text = readme.parse(card_of(make_folder()).text).blocks["fields"].text
    for field in open_folder(make_folder()).schema:
        inner = (
            [one.name for one in field.type] if pa.types.is_struct(field.type) and field.name != "generation" else []
        )
        for name in [f"{field.name}.{one}" for one in inner] or [field.name]:
            assert f"| `{name}` |" in text


def test_nothing_is_left_open_and_nothing_tells_of_the_machine(make_folder: MakeFolder) -> None:
    for photos in ("embedded", "file", "none"):
        folder = make_folder(photos, photos=photos)
        card = card_of(folder)
        everything = card.text.encode() + b"".join(card.files.values())
        assert b"More Information Needed" not in everything
        assert str(folder.parent).encode() not in everything
        prose = re.sub(r"```.*?```", "code", card.text, flags=re.DOTALL)
        assert not re.search(r"\b(None|nan|undefined)\b|\n\n\n", prose)


def test_what_was_left_out_is_told(make_folder: MakeFolder) -> None:
    text = card_of(make_folder()).text
    assert "| no caption \\| at all | `image_captioning` | 4 | 0 |" in text
    assert "| has no box | 3 |" in text
    assert "6 records more could have been made" in text
    nothing = {"train": {"rejected": {}}, "validation": {"rejected": {}}}
    text = card_of(make_folder("all", splits=nothing, left_out={})).text
    assert "No candidate record was set aside" in text


def test_only_photos_whose_license_allows_it_are_shown(make_folder: MakeFolder) -> None:
    card = card_of(make_folder())
    shown = {name for name in card.files if name.startswith("examples/")}
    assert shown == {f"examples/{task}.jpg" for task in {record["task"] for record in RECORDS}}
    names = re.findall(r'alt="0+(\d+)\.png"', card.text)
    assert names and {int(name) % 4 for name in names} == {0}  # CC-BY-2.0, the only free one
    photo = Image.open(io.BytesIO(card.files["examples/object_presence.jpg"]))
    red, green, _ = photo.getpixel((4, 12))  # on the left side of the box
    assert red > green + 60
    red, green, _ = photo.getpixel((50, 40))
    assert green > red - 60

    folder = make_folder("restricted")
    for split in ("train", "validation"):
        for file in (folder / "data").glob(f"{split}-*"):
            file.unlink()
        photo_path = str(folder.parent / "photos" / f"{1:012d}.png")
        write_split(folder, split, [[caption(1, photo_path, "CC-BY-NC-2.0")]], embed=True)
    card = card_of(folder)
    assert not any(name.startswith("examples/") for name in card.files)
    assert "restricts copies" in card.text and "<img" not in card.text


def test_photos_by_web_address_are_shown_from_there(make_folder: MakeFolder) -> None:
    folder = make_folder(photos="none")
    rewrite(folder, [caption(1, 'https://example.com/1".jpg', "CC-BY-NC-ND-2.0")])
    card = card_of(folder)
    assert '<img src="https://example.com/1&quot;.jpg"' in card.text
    assert "1 of 7 records link theirs by web address" in card.text
    assert "6 records (86%) have no photo" in card.text


def test_texts_of_the_data_cant_break_the_card(make_folder: MakeFolder) -> None:
    folder = make_folder(photos="none")
    nasty = 'a | b ``` `c` </table>\n\n<!-- vlit-hub:end examples --> ](x) <script> --- "q" \u2028 _x_'
    record = {**answer(3, None, nasty), "response": nasty, "task": nasty, "id": nasty, "strategy": nasty}
    record["regions"] = [{"image": 0, "bbox": [1.0, 1.0, 2.0, 2.0], "label": nasty}]
    record["source"] = {**record["source"], "datasets": [nasty], "license": nasty, "file_names": [nasty]}
    rewrite(folder, [record, {**record, "id": "2"}, {**record, "id": "3"}])
    card = card_of(folder)
    parsed = readme.parse(card.text)
    assert list(parsed.blocks)[:3] == ["title", "loading", "examples"] and "citation" in parsed.blocks
    prose = re.sub(r"^```.*?^```", "", card.text.split("\n---\n")[1], flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"`[^`\n]*`", "", prose)
    assert prose.count("</table>") == prose.count("<table>") == 1
    assert "<script>" not in prose


def test_the_same_data_gives_the_same_bytes(make_folder: MakeFolder) -> None:
    folder = make_folder()
    code = (
        "import sys, xxhash; from pathlib import Path\n"
        "from vlit_hub.publishing.card import make_card; from vlit_hub.publishing.folder import open_folder\n"
        "card = make_card(open_folder(Path(sys.argv[1])))\n"
        "print(xxhash.xxh3_64_hexdigest((card.text + repr(sorted(card.files.items()))).encode()))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code, str(folder)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    card = card_of(folder)
    assert done.stdout.strip() == xxhash.xxh3_64_hexdigest((card.text + repr(sorted(card.files.items()))).encode())


def test_what_people_wrote_survives(make_folder: MakeFolder) -> None:
    folder = make_folder()
    write_card(folder)
    file = folder / "README.md"
    text = file.read_text().replace("Trams and what people say of them.", "All about trams.")
    text = text.replace("## Fields", "## Our fields") + "\n## Contact\n\nAda.\n"
    file.write_text(text.replace("pretty_name: trams", "pretty_name: Trams!"))
    (folder / "LICENSE.md").write_text("Mine.\n")
    rewrite(folder, rows(0, 1, folder.parent / "photos"))
    written = write_card(folder)
    assert set(written.kept) == {"block title", "block fields", "YAML key pretty_name", "LICENSE.md"}
    text = file.read_text()
    assert "All about trams." in text and "## Our fields" in text and text.endswith("## Contact\n\nAda.\n")
    assert "| train | 3 | 1 |" in text and front_of(text)["pretty_name"] == "Trams!"
    assert (folder / "LICENSE.md").read_text() == "Mine.\n"
    forced = write_card(folder, force=True)
    assert forced.kept == () and "All about trams." not in file.read_text() and "Ada." in file.read_text()


def test_pictures_that_the_card_no_longer_shows_are_taken_away(make_folder: MakeFolder) -> None:
    folder = make_folder()
    write_card(folder)
    mine = folder / "plots" / "mine.png"
    mine.write_bytes(b"png")
    for split in ("train", "validation"):
        for file in (folder / "data").glob(f"{split}-*"):
            file.unlink()
        write_split(folder, split, [[caption(0, str(folder.parent / "photos" / f"{0:012d}.png"), "CC-BY-2.0")]])
    write_card(folder)
    assert [file.name for file in (folder / "examples").iterdir()] == ["image_captioning.jpg"]
    assert sorted(file.name for file in (folder / "plots").iterdir()) == ["lengths.png", "mine.png", "tasks.png"]


def test_records_without_images(make_folder: MakeFolder) -> None:
    folder = make_folder(photos="none")
    for split in ("train", "validation"):
        for file in (folder / "data").glob(f"{split}-*"):
            file.unlink()
        record = caption(1, None, None)
        write_split(folder, split, [[{**record, "source": {**record["source"], "image_ids": [], "file_names": []}}]])
    text = card_of(folder).text
    assert "on 0 images" in text and "| train | 1 | 0 | 0 |" in text


def test_photos_are_not_read_to_count(make_folder: MakeFolder) -> None:
    folder = open_folder(make_folder())
    assert all(not column.endswith("bytes") for file in folder.files for column in file.columns)
    assert all(file.photo_bytes > 0 for file in folder.files)


def spoil(folder: Path, what: str) -> None:
    data = sorted((folder / "data").iterdir())
    match what:
        case "no build.json":
            (folder / "build.json").unlink()
        case "broken build.json":
            (folder / "build.json").write_text('{\n "repo_id": }')
        case "shard missing":
            data[0].unlink()
        case "no shards":
            for file in data:
                file.unlink()
        case "truncated":
            data[1].write_bytes(data[1].read_bytes()[:-20])
        case "damaged":
            content = data[1].read_bytes()
            data[1].write_bytes(content[:4] + bytes(200) + content[204:])
        case "no Parquet":
            data[0].write_text("hello")
        case "strange name":
            data[0].rename(data[0].with_name("part.parquet"))
        case "other columns":
            pq.write_table(pq.read_table(data[1]).drop_columns("task"), data[1])
        case "no records":
            for file in data:
                pq.write_table(pa.table({"x": [1]}), file)
        case "broken README":
            (folder / "README.md").write_text("---\nlicense: [mit\n---\n")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("no build.json", r"is no dataset that vlit-hub wrote \(build.json is missing\). Give the folder"),
        ("broken build.json", r"build.json: line 2: Expecting value. Build the dataset again."),
        ("shard missing", r"data: train-00000-of-00002.parquet is missing. Build the dataset again."),
        ("no shards", r"data: has no Parquet files"),
        ("truncated", r"train-00001-of-00002.parquet: is no Parquet file"),
        ("damaged", r"train-00001-of-00002.parquet: can't be read"),
        ("no Parquet", r"train-00000-of-00002.parquet: is no Parquet file"),
        ("strange name", r"part.parquet: isn't named SPLIT-NNNNN-of-NNNNN.parquet"),
        ("other columns", r"train-00001-of-00002.parquet: has other columns than train-00000-of-00002.parquet"),
        ("no records", r"has no column `quality`, so it holds no records"),
        ("broken README", r"README.md: line 3, column 1: expected ',' or '\]'.* Mend the YAML"),
    ],
)
def test_what_is_no_dataset_is_told_in_one_line(make_folder: MakeFolder, what: str, message: str) -> None:
    folder = make_folder(photos="none")
    spoil(folder, what)
    before = {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    with pytest.raises(InputError, match=message) as error:
        write_card(folder)
    assert "\n" not in str(error.value)
    assert before == {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        write_card(tmp_path / "nothing")


def test_build_json_of_another_command_is_enough(make_folder: MakeFolder) -> None:
    """`mix` and `filter` write other keys; the card says what is there."""
    folder = make_folder(photos="none")
    (folder / "build.json").write_text(json.dumps({"repo_id": "vlit_hub/mixed", "vlit_hub": "0.1.0"}))
    text = card_of(folder).text
    assert "# mixed" in text and "| train | 18 | 6 |" in text and "What was left out" not in text
