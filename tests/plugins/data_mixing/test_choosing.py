"""How many records each source gives, and which."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.plugins.data_mixing.making import counts, dataset, mix, preview, records, rows, text_only
from vlit_hub.errors import UsageError


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Datasets by name: a has 400 records of three tasks, b 100 of one, c 25 of one."""
    folder = tmp_path_factory.mktemp("sources")
    several = [
        *rows("a", 300, "image_captioning"),
        *rows("a", 80, "object_counting", 300),
        *rows("a", 20, "text_recognition", 380),
    ]
    return {
        "a": dataset(folder / "a", several),
        "b": dataset(folder / "b", rows("b", 100, "object_counting", 1000)),
        "c": dataset(folder / "c", rows("c", 25, "conversation", 2000)),
        "t": dataset(folder / "t", text_only("t", 30)),
    }


def gives(found: dict[str, dict[str, object]]) -> dict[str, object]:
    return {name: one["records"] for name, one in found.items()}


def test_proportions_are_met_exactly(sources: dict[str, str], tmp_path: Path) -> None:
    shares = [{"dataset": sources["a"], "proportion": 0.55}, {"dataset": sources["b"], "proportion": 0.45}]
    build = mix(tmp_path / "mix", shares, size=123)
    made = records(tmp_path / "mix")
    assert counts(made) == {"a": 68, "b": 55}  # 67.65 and 55.35
    assert [one["asked"]["share"] for one in build["mixed_from"]] == [0.55, 0.45]
    assert gives(preview(shares)) == {"a": 122, "b": 100}  # as large as b allows


def test_weights_are_normalised_on_demand(sources: dict[str, str]) -> None:
    weights = [{"dataset": sources["a"], "proportion": 3}, {"dataset": sources["b"], "proportion": 1}]
    assert gives(preview(weights, normalise=True, size=200)) == {"a": 150, "b": 50}
    thirds = [{"dataset": sources[name], "proportion": 0.333} for name in "abc"]
    assert gives(preview(thirds, size=75)) == {"a": 25, "b": 25, "c": 25}  # within rounding


def test_numbers_of_records_and_whole_sources(sources: dict[str, str]) -> None:
    given = [{"dataset": sources["a"], "records": 7}, {"dataset": sources["b"]}, {"dataset": sources["c"]}]
    assert gives(preview(given)) == {"a": 7, "b": 100, "c": 25}


def test_without_shares_a_size_is_drawn_from_all_together(sources: dict[str, str]) -> None:
    found = gives(preview([{"dataset": sources["a"]}, {"dataset": sources["b"]}], size=250))
    assert sum(found.values()) == 250 and 180 < found["a"] < 220  # type: ignore[arg-type, call-overload, operator]


def test_temperature_over_sources(sources: dict[str, str]) -> None:
    given = [{"dataset": sources["a"]}, {"dataset": sources["b"]}]
    assert gives(preview(given, temperature=1, size=100)) == {"a": 80, "b": 20}
    assert gives(preview(given, temperature=2, size=90)) == {"a": 60, "b": 30}  # 20 : 10
    assert gives(preview(given, temperature={"value": 2})) == {"a": 200, "b": 100}  # as large as b allows


def test_temperature_over_tasks(sources: dict[str, str], tmp_path: Path) -> None:
    given = [{"dataset": sources["a"]}, {"dataset": sources["b"]}]
    mix(tmp_path / "mix", given, temperature={"value": 2, "over": "tasks"}, size=80)
    tasks = Counter(row["task"] for row in records(tmp_path / "mix"))
    # 300, 180 and 20 records: roots 17.32, 13.42, 4.47
    assert tasks == {"image_captioning": 39, "object_counting": 31, "text_recognition": 10}
    with pytest.raises(UsageError, match="the task text_recognition has 20 records in a, b"):
        preview(given, temperature={"value": 1000, "over": "tasks"}, size=300)
    repeated = preview(given, temperature={"value": 1000, "over": "tasks"}, size=300, upsample=True)
    assert sum(one["repeats"] for one in repeated.values()) == 80


def test_balance_by_task_within_shares_and_over_all(sources: dict[str, str]) -> None:
    alone = [{"dataset": sources["a"], "proportion": 0.5}, {"dataset": sources["b"], "proportion": 0.5}]
    found = preview(alone, balance="task", size=120)
    assert found["a"]["tasks"] == {"image_captioning": 20, "object_counting": 20, "text_recognition": 20}
    together = preview([{"dataset": sources["a"]}, {"dataset": sources["b"]}], balance="task", size=220)
    tasks = sum((Counter(one["tasks"]) for one in together.values()), Counter())
    assert tasks == {"image_captioning": 100, "object_counting": 100, "text_recognition": 20}


def test_balance_by_granularity(tmp_path: Path) -> None:
    mixed = [*rows("g", 50), *rows("g", 10, "object_detection", 50, granularity="region")]
    folder = dataset(tmp_path / "g", mixed)
    mix(tmp_path / "mix", [{"dataset": folder}], balance="granularity", size=16)
    assert Counter(row["granularity"] for row in records(tmp_path / "mix")) == {"global": 8, "region": 8}


def test_tasks_and_caps(sources: dict[str, str]) -> None:
    found = preview([{"dataset": sources["a"], "tasks": ["object_counting", "text_recognition"]}])["a"]
    assert found["tasks"] == {"object_counting": 80, "text_recognition": 20} and found["left_out"] == {
        "another task": 300
    }
    cap = {"per_task": 50, "tasks": {"text_recognition": 3}}
    found = preview([{"dataset": sources["a"], "cap": cap}])["a"]
    assert found["tasks"] == {"image_captioning": 50, "object_counting": 50, "text_recognition": 3}
    assert found["left_out"] == {"above the cap of a task": 297}


def test_a_cap_of_an_image_takes_so_many_of_each(tmp_path: Path) -> None:
    made = [row | {"id": f"{row['id']}-{again}"} for again in range(5) for row in rows("i", 20)]
    folder = dataset(tmp_path / "i", [*made, *text_only("t", 9)], shards=3)
    mix(tmp_path / "mix", [{"dataset": folder, "cap": {"per_image": 2}}])
    shown = Counter(row["source"]["image_ids"][0] for row in records(tmp_path / "mix") if row["source"]["image_ids"])
    assert len(shown) == 20 and set(shown.values()) == {2}
    assert len(records(tmp_path / "mix")) == 49  # those without images aren't capped


def test_upsampling_repeats_all_records_equally_and_counts(sources: dict[str, str], tmp_path: Path) -> None:
    given = [
        {"dataset": sources["b"], "proportion": 0.5},
        {"dataset": sources["c"], "proportion": 0.5, "upsample": True},
    ]
    build = mix(tmp_path / "mix", given, size=140)
    made = records(tmp_path / "mix")
    assert counts(made) == {"b": 70, "c": 70}
    taken = Counter(row["id"].partition("~")[0] for row in made if row["id"].startswith("c-"))
    assert len(taken) == 25 and Counter(taken.values()) == {3: 20, 2: 5}  # 70 = 2 * 25 + 20
    ends = Counter(row["id"].partition("~")[2] for row in made if row["id"].startswith("c-"))
    assert ends == {"": 25, "2": 25, "3": 20} and len({row["id"] for row in made}) == 140
    told = build["mixed_from"][1]
    assert (told["records"], told["different"], told["repeats"]) == (70, 25, 45)
    assert build["counts"]["records_repeated"] == 45
    originals = {row["id"]: row["response"] for row in made if "~" not in row["id"]}
    assert all(row["response"] == originals[row["id"].partition("~")[0]] for row in made if "~" in row["id"])


def test_a_source_smaller_than_its_share_is_an_error_with_the_mend(sources: dict[str, str]) -> None:
    given = [{"dataset": sources["a"], "proportion": 0.5}, {"dataset": sources["c"], "proportion": 0.5}]
    with pytest.raises(UsageError) as caught:
        preview(given, size=80)
    assert str(caught.value) == (
        "c has 25 records, and its share of 0.5 of 80 is 40: 15 too few. Pass --upsample to repeat records, or a --size of at "
        "most 50."
    )
    assert gives(preview(given, size=50)) == {"a": 25, "c": 25}
    with pytest.raises(UsageError, match=r"c has 25 records, and records: 26: 1 too few. Pass --upsample"):
        preview([{"dataset": sources["c"], "records": 26}])
    with pytest.raises(UsageError, match=r"the sources have 125 records. Pass --upsample"):
        preview([{"dataset": sources["b"]}, {"dataset": sources["c"]}], size=126)
    with pytest.raises(UsageError, match="no size is given, and every source may be repeated"):
        preview([{"dataset": sources["c"], "proportion": 1}], upsample=True)


def test_text_only_records_can_be_dropped(sources: dict[str, str], tmp_path: Path) -> None:
    given = [{"dataset": sources["b"], "records": 20}, {"dataset": sources["t"], "records": 10}]
    build = mix(tmp_path / "mix", given)
    assert (build["mixture"], build["counts"]["text_only"]) == ("hybrid", 10)
    assert [one["text_only"] for one in build["mixed_from"]] == [0, 10]
    pure = mix(tmp_path / "pure", given[:1], text_only="drop")
    assert (pure["mixture"], pure["counts"]["text_only"]) == ("pure", 0)
    with pytest.raises(UsageError, match=r"t has 0 records left of 30 \(text only 30\), so it can't give records: 10."):
        preview(given, text_only="drop")


def test_the_seed_draws_other_records(sources: dict[str, str], tmp_path: Path) -> None:
    drawn = []
    for seed in (0, 0, 1):
        mix(tmp_path / "mix", [{"dataset": sources["a"], "records": 200}], seed=seed)
        drawn.append({row["id"] for row in records(tmp_path / "mix")})
    assert drawn[0] == drawn[1] != drawn[2]
    assert 75 < len(drawn[0] & drawn[2]) < 125  # half of 400, twice: 100 are in both
