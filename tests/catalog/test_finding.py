"""Entries are found by name and filtered, however the words are written."""

from __future__ import annotations

import pytest

from vlit_hub.catalog import Filters, read_catalog
from vlit_hub.catalog.finding import find
from vlit_hub.errors import UnknownName, UsageError

CATALOG = read_catalog()


def datasets(**filters: str) -> set[str]:
    return {dataset.name for dataset in Filters(**filters).apply(CATALOG, CATALOG.datasets)}


def models(**filters: str) -> set[str]:
    return {model.name for model in Filters(**filters).apply(CATALOG, CATALOG.models)}


def test_by_task() -> None:
    assert datasets(task="ocr") == {"MGVLID", "PVIT", "BLIVA", "Qwen-VL"}
    assert datasets(task="text_recognition") == datasets(task="OCR")
    assert models(task="Referring-Expression COMPREHENSION") == models(task="visual grounding") | models(
        task="object_grounding"
    ) | {
        "Qwen-VL",
        "MiniGPT-v2",
    }
    assert models(task="rec") == {"MiniGPT-v2"}
    assert models(task="(video) detail description") == models(task="video_detailed_description")
    assert len(models(task="video_detailed_description")) == 5


def test_by_strategy() -> None:
    # any of the paper's places is enough: Table 1 has Ying-VLM's data by SI, Table 9 by AA
    assert "M3IT" in datasets(strategy="SI") & datasets(strategy="annotation adaption") - datasets(strategy="DM")
    assert "Ferret" in datasets(strategy="aa") & datasets(strategy="self_instruct") & datasets(strategy="Data Mixing")
    # Table 9's 28 + 10, and the two that Table 1 alone calls SI
    assert len(datasets(strategy="si")) == 40
    assert models(strategy="SI").isdisjoint(models(strategy="DM"))


def test_by_tendency() -> None:
    assert datasets(tendency="Point_Cloud") == {"PointLLM"}
    assert datasets(tendency="domain specific") == {"PMC-VQA", "LLaVA-Med", "Shikra-RD", "mPLUG-DocOwl", "PointLLM"}
    assert datasets(tendency="specific") == datasets(tendency="domain-specific") | datasets(
        tendency="object/task specific"
    )
    assert datasets(tendency="specific") | datasets(tendency="general") | {"GPT4Tools", "MIC_5M"} == datasets()
    assert models(tendency="medicine") == {"MedVInT-TE/TD", "LLaVA-Med", "Shikra"}


def test_by_granularity_and_all_at_once() -> None:
    assert datasets(granularity="region") == datasets(tendency="region")
    assert datasets(granularity="I") == {"I4", "TextBind", "DreamLLM", "SparklesDialogue-VG", "SparklesDialogue-CC"}
    assert datasets(granularity="regional", strategy="SI", task="OCR", tendency="text") == {"PVIT"}
    assert datasets(granularity="interleaved", tendency="medicine") == set()


def test_by_name() -> None:
    assert [(one.kind, one.name) for one in find(CATALOG, "llava")] == [
        ("dataset", "LLaVA-Instruct-150K"),
        ("model", "LLaVA"),
    ]
    assert [(one.kind, one.name) for one in find(CATALOG, "polite_flamingo")] == [("model", "Clever Flamingo")]
    assert [(one.kind, one.name) for one in find(CATALOG, "vqa")] == [("task", "visual question answering")]
    assert [one.name for one in find(CATALOG, "llava1.5")] == ["LLaVA 1.5", "LLaVA 1.5"]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"task": "detailled description"}, "no task 'detailled description'. Did you mean 'detailed_description'?"),
        ({"task": "qqqq"}, "no task 'qqqq'. List them with: vlit-hub catalog --tasks"),
        ({"strategy": "self-instructed"}, "no strategy 'self-instructed'. Did you mean 'self-instruct'?"),
        ({"tendency": "Medicin"}, "no tendency 'Medicin'. Did you mean 'medicine'?"),
        ({"granularity": "regionall"}, "no granularity 'regionall'. Did you mean 'regional'?"),
    ],
)
def test_unknown_words(filters: dict[str, str], message: str) -> None:
    with pytest.raises(UnknownName) as refused:
        datasets(**filters)
    assert str(refused.value) == message


def test_unknown_names_get_the_nearest_whatever_their_case() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'LLaVA-Instruct-150K'"):
        find(CATALOG, "llava-instrct")


def test_global_isnt_known() -> None:
    with pytest.raises(UsageError, match="global isn't known"):
        datasets(granularity="Global")
