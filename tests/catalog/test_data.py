"""The catalogue against the paper. Expected values were counted and read off the paper's text, not off the files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from vlit_hub.catalog import DatasetEntry, ModelEntry, read_catalog
from vlit_hub.catalog.entries import fold
from vlit_hub.tasks import TASKS

CATALOG = read_catalog()
DATASETS = {dataset.name: dataset for dataset in CATALOG.datasets}
MODELS = {model.name: model for model in CATALOG.models}
TABLE_9 = [dataset for dataset in CATALOG.datasets if dataset.strategy.table_9]
NO_MODEL = {"M-HalDetect", "CIEM", "ComVint", "LVIS-INSTRUCT4V"}


def test_table_1_has_71_rows_four_of_them_without_a_model() -> None:
    rows = [model.table_1 for model in CATALOG.models if model.table_1]
    assert len(rows) == 67
    without = [dataset for dataset in CATALOG.datasets if dataset.model is None]
    assert {dataset.name for dataset in without} == NO_MODEL
    assert all(dataset.strategy.table_1 == "SI" for dataset in without)
    made = Counter(row.construction for row in rows) + Counter(dataset.strategy.table_1 for dataset in without)
    assert made == {"DM": 33, "SI": 26, "AA": 11, None: 1}
    assert Counter(row.stages for row in rows) == {"FA VLIT": 52, "VLIT": 14, "FA": 1}
    assert sum(row.encoder == "Eva-CLIP" for row in rows) == 18
    assert sum("Vicuna" in (row.llm or "") for row in rows) == 32


def test_table_8_has_61_rows() -> None:
    rows = [model.table_8 for model in CATALOG.models if model.table_8]
    assert Counter(row.source for row in rows) == {"Hybrid": 35, "Pure": 26}
    assert sum(row.stages.startswith("FA") for row in rows) == 47
    links = Counter((row.model_url, row.data_url) for row in rows)
    assert links == {(True, True): 39, (True, False): 17, (False, False): 4, (False, True): 1}
    assert {model.name for model in CATALOG.models if not model.table_1} == {"MM", "LLaVA(MS+IR+DM)"}


def test_table_9_has_52_rows_and_these_sums() -> None:
    assert Counter(dataset.strategy.table_9 for dataset in TABLE_9) == {"SI": 28, "AA": 14, "AA+SI": 10}
    given = {
        what: [getattr(one, what).number for one in TABLE_9 if getattr(one, what)] for what in ("images", "videos")
    }
    assert (len(given["images"]), sum(given["images"])) == (26, 23_113_300)
    assert (len(given["videos"]), sum(given["videos"])) == (9, 667_700)
    pairs: Counter[str] = Counter()
    for one in TABLE_9:
        pairs[one.strategy.table_9 or ""] += one.pairs.number if one.pairs else 0
    assert pairs == {"AA": 29_571_000, "SI": 15_737_000, "AA+SI": 3_304_059_700}
    assert sum(one.pairs is not None for one in TABLE_9) == 45


def test_table_10_has_56_rows_with_210_tasks() -> None:
    rows = [model.tasks for model in CATALOG.models if model.tasks]
    assert (len(rows), sum(map(len, rows))) == (56, 210)
    having = {task.name: len(task.models) for task in CATALOG.tasks}
    assert (having["OCR"], having["object detection"], having["image captioning"]) == (4, 3, 14)
    lacking = {model.name for model in CATALOG.models if model.table_8 and not model.tasks}
    assert lacking == {"LLaVA(MS+IR+DM)", "GLaMM", "SEED-LLaMA", "OtterHD", "mPLUG-Owl2"}


@pytest.mark.parametrize(
    ("leaf", "count"),
    [
        ("region", 9),  # ten names; ChatSpot and MGVLID are one
        ("interleave", 5),  # four names; SparklesDialogue-VG/CC are two
        ("video", 8),
        ("text", 3),
        ("medicine", 3),
        ("document", 1),
        ("point cloud", 1),
    ],
)
def test_leaves_of_figure_6(leaf: str, count: int) -> None:
    assert sum(leaf in dataset.tendency for dataset in CATALOG.datasets) == count


def test_strategies_of_table_9_and_figure_6_add_up() -> None:
    said = Counter((one.strategy.table_9, one.strategy.figure_6) for one in CATALOG.datasets)
    assert said == {
        ("AA", "AA"): 14,
        ("SI", "SI"): 27,
        ("SI", None): 1,
        ("AA+SI", "AA+SI"): 5,
        ("AA+SI", "DM"): 5,
        (None, "DM"): 9,
        (None, None): 3,  # MIC_5M; LLaVA-Med and mPLUG-DocOwl stand only under a domain
    }
    leaves = {
        strategy: sum(strategy in (one.strategy.figure_6 or "") for one in CATALOG.datasets)
        for strategy in ("AA", "SI", "DM")
    }
    assert leaves == {"AA": 19, "SI": 32, "DM": 14}
    assert [one.name for one in TABLE_9 if not one.tendency] == ["GPT4Tools"]


def test_the_papers_known_disagreements_and_no_other() -> None:
    assert {one.name: one.strategy.said() for one in CATALOG.datasets if one.disagreements} == {
        "VideoChat": {"Table 1": "DM", "Table 9": "SI", "Figure 6": "SI"},
        "PMC-VQA": {"Table 1": "DM", "Table 9": "AA", "Figure 6": "AA"},
        "M3IT": {"Table 1": "SI", "Table 9": "AA", "Figure 6": "AA"},
        "MIMIC-IT": {"Table 1": "AA", "Table 9": "SI", "Figure 6": "SI"},
        "InstructBLIP": {"Table 1": "DM", "Table 9": "AA", "Figure 6": "AA"},
        "PF-1M": {"Table 1": "SI", "Table 9": "AA", "Figure 6": "AA"},
        "Lynx": {"Table 1": "DM", "Table 9": "AA", "Figure 6": "AA"},
    }
    assert {one.name: one.disagreements for one in CATALOG.models if one.disagreements} == {
        "MedVInT-TE/TD": ("stages: Table 1 says FA VLIT; Table 8 says VLIT",),
        "MLLM-DataEngine": ("stages: Table 1 says FA VLIT; Table 8 says VLIT",),
        "Clever Flamingo": ("stages: Table 1 says VLIT; Table 8 says FA VLIT",),
        "OtterHD": ("stages: Table 1 says VLIT; Table 8 says FA VLIT",),
    }


def test_what_the_text_says_is_tuned_and_improved() -> None:
    tuned = Counter(model.tuned for model in CATALOG.models if model.tuned)
    assert tuned == {
        ("projector", "llm"): 12,
        ("llm by LoRA",): 11,
        ("projector",): 16,
        ("visual encoder",): 1,
        ("visual encoder", "projector", "llm"): 1,
    }
    done = Counter(what for model in CATALOG.models for what in model.quality)
    assert done == {
        "manual annotation": 4,
        "causes of errors": 4,
        "more tasks": 2,
        "text instructions": 6,
        "rewritten instructions": 5,
        "response length": 1,
        "multi-round dialogues": 1,
        "negative samples": 3,
        "complex task formats": 1,
        "balance": 2,
    }


def dataset(name: str) -> tuple[object, ...]:
    one: DatasetEntry = DATASETS[name]
    counts = [count.number if count else None for count in (one.images, one.videos, one.pairs)]
    return (one.model, one.strategy.table_9, *counts, one.tendency, one.granularity)


def model(name: str) -> tuple[object, ...]:
    one: ModelEntry = MODELS[name]
    assert one.table_1
    row = one.table_1
    return (one.paper, one.arxiv, row.encoder, row.projector, row.llm, row.stages, row.data, row.construction)


def test_rows_of_datasets() -> None:
    assert dataset("LLaVA-Instruct-150K") == ("LLaVA", "SI", 80_000, None, 158_000, ("general",), ())
    assert dataset("cc_sbu_align") == ("Mini-GPT4", "AA", 3_500, None, 3_500, ("general",), ())
    assert dataset("MIMIC-IT") == ("Otter", "SI", 8_100_000, 502_000, 2_800_000, ("video",), ())
    assert dataset("Valley-Instruct-73k") == ("VALLEY", "SI", None, 73_000, 73_000, ("video",), ())
    assert dataset("AS-1B") == ("ASM", "AA+SI", 11_000_000, None, 3_300_000_000, ("region",), ("regional",))
    assert dataset("I4") == ("Cheetor", "AA+SI", 1_770_000, None, 477_700, ("interleave",), ("interleaved",))
    assert dataset("PVIT") == ("PVIT", "SI", None, None, 146_000, ("region", "text"), ("regional",))
    assert dataset("MosIT") == ("NExT-GPT", "SI", 4_000, 4_000, 5_000, ("general",), ())
    assert dataset("LVIS-INSTRUCT4V") == (None, "SI", 110_000, None, 220_000, ("general",), ())
    assert dataset("GPT4Tools") == ("GPT4Tools", "SI", None, None, 71_000, (), ())
    assert dataset("LLaVA-Med") == ("LLaVA-Med", None, None, None, None, ("medicine",), ())
    assert dataset("MIC_5M") == ("MMICL", None, None, None, None, (), ())


def test_rows_of_models() -> None:
    llava = ("Liu et al., 2023c", "2304.08485", "CLIP", "Linear", "Vicuna", "FA VLIT", "Instruct-150K", "SI")
    assert model("LLaVA") == llava
    flamingo = ("Alayrac et al., 2022", None, "CLIP", "Perceiver Resampler", "LLM(XATTN)", "FA", None, "DM")
    assert model("Flamingo") == flamingo
    seed = ("Ge et al., 2023", "2310.01218", "CLIP", "Causal Q-Former+CB", "Vicuna/LLaMA2", "FA VLIT", None, "DM")
    assert model("SEED-LLaMA") == seed
    assert model("VideoPoet") == ("Kondratyuk et al., 2024", None, "MAGVIT-v2", None, None, "FA VLIT", None, "DM")
    assert model("Fuyu")[2:] == (None, "Linear", "FuYu Transformer", "FA VLIT", None, None)
    assert MODELS["Qwen-VL"].tasks == ("visual question answering", "grounding", "OCR")
    assert MODELS["X-LLM"].tasks[0] == "video detailed description"
    assert MODELS["SparklesChat"].data == ("SparklesDialogue-VG", "SparklesDialogue-CC")


def test_data_without_a_row_of_its_own_have_their_models() -> None:
    assert DATASETS["T2M"].tasks == ("conversation",) and DATASETS["T2M"].strategy.table_1 == "SI"
    assert DATASETS["GRIT-20M"].quality == ("text instructions",)
    assert DATASETS["CIEM"].tasks == () and DATASETS["CIEM"].arxiv == "2309.02301"


def test_names_are_each_ones_own() -> None:
    for entries in (CATALOG.datasets, CATALOG.models, CATALOG.tasks):
        owners: dict[str, str] = {}
        for entry in entries:
            for name in (entry.name, *entry.also):
                assert owners.setdefault(fold(name), entry.name) == entry.name


def test_tasks_are_used_and_map_to_ours() -> None:
    used = {task for model in CATALOG.models for task in model.tasks}
    assert used == {task.name for task in CATALOG.tasks}
    ours = {task.vlit_task for task in CATALOG.tasks if task.vlit_task}
    assert ours <= TASKS.keys()
    # what our annotations hold and no paper lists
    assert TASKS.keys() - ours == {"attribute_recognition", "object_counting", "object_presence"}


def test_links_are_links() -> None:
    links = [link for entry in (*CATALOG.datasets, *CATALOG.models) for link in (entry.code,) if link]
    links += [dataset.link for dataset in CATALOG.datasets if dataset.link]
    assert len(links) > 80 and all(link.startswith("https://") and " " not in link for link in links)


def test_the_page_names_all_disagreements() -> None:
    page = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text(encoding="utf-8")
    differing = [one.name for one in (*CATALOG.datasets, *CATALOG.models) if one.disagreements or one.notes]
    assert len(differing) > 20 and [name for name in differing if name not in page] == []
    assert f"{len(CATALOG.datasets)} datasets" in page and f"{len(CATALOG.models)} models" in page
