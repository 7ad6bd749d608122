import os
import pickle
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from vlit_hub.drafts import DRAFT
from vlit_hub.plugins.strategies.annotation_adaption import register_strategies
from vlit_hub.plugins.strategies.annotation_adaption.strategy import AnnotationAdaption
from vlit_hub.tasks import TASKS

PROGRAM = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from conftest import drafts_of, scenes
print(hashlib.sha256(drafts_of(scenes(25)).write_json().encode()).hexdigest())
"""


def test_the_hook_gives_the_strategy():
    (strategy,) = register_strategies()
    assert strategy.name == "annotation_adaption"
    assert set(strategy.tasks) <= set(TASKS)


def test_drafts_are_drafts(scenes, drafts_of):
    drafts = drafts_of(scenes(60))
    assert drafts.schema == DRAFT
    assert set(drafts["task"]) == set(AnnotationAdaption.tasks)
    kept = drafts.filter(pl.col("reject_reason").is_null())
    required = ("key", "instruction", "text", "response", "sources", "regions")
    assert kept.select(pl.col(required).null_count()).row(0) == (0,) * len(required)
    assert (kept["instruction"] != "").all()
    assert (kept["response"] != "").all()
    assert (kept["sources"].list.len() > 0).all()
    assert not drafts.select(pl.struct("task", "image_id", "key").is_duplicated()).to_series().any()
    assert drafts["instruction"].null_count() == drafts["response"].null_count() == 0


@pytest.mark.parametrize("size", [1, 5])
def test_slices_make_what_the_whole_makes(scenes, drafts_of, size):
    annotations = scenes(8 * size)
    assert_frame_equal(drafts_of(annotations, slice_of=size), drafts_of(annotations))


def test_a_seed_draws_again_and_the_same_seed_draws_the_same(scenes, drafts_of):
    annotations = scenes(30)
    first, again, other = (drafts_of(annotations, seed=seed) for seed in (0, 0, 1))
    assert_frame_equal(first, again)
    same = first.join(other, on=["task", "image_id", "key"])
    assert len(same) > 200
    assert (same["instruction"] != same["instruction_right"]).mean() > 0.9


def test_tasks_draw_apart(scenes, drafts_of):
    annotations = scenes(30)
    alone = drafts_of(annotations, tasks=("object_counting", "visual_question_answering"))
    among = drafts_of(annotations).filter(pl.col("task").is_in(alone["task"].unique().implode()))
    assert_frame_equal(alone, among)


def test_neither_hash_seed_nor_threads_matter():
    digests = set()
    for hash_seed, threads in (("0", "1"), ("random", "4")):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "POLARS_MAX_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(run.stdout)
    assert len(digests) == 1


def test_what_is_prepared_can_be_sent_to_other_processes(scenes):
    strategy, annotations = AnnotationAdaption(), scenes(20)
    options = strategy.Options()
    prepared = strategy.prepare(annotations, options)
    sent = pickle.loads(pickle.dumps(prepared))
    assert_frame_equal(strategy.drafts(annotations, options, sent), strategy.drafts(annotations, options, prepared))


def test_nothing_makes_nothing(annotations_of, drafts_of):
    assert drafts_of(annotations_of()).schema == DRAFT
    empty = drafts_of(annotations_of(images=[{"image_id": 1}]))
    assert empty.schema == DRAFT
    assert empty.is_empty()


def test_every_task_does_without_what_it_does_not_need(scenes, drafts_of):
    annotations = scenes(20)
    for kind in ("captions", "objects", "questions", "texts", "attributes", "regions", "relationships"):
        alone = type(annotations).of({"images": annotations.images, kind: getattr(annotations, kind)})
        assert len(drafts_of(alone)) > 0


@pytest.mark.parametrize(
    "wrong", [{"style": "long"}, {"min_agreement": 1.5}, {"box_format": "cm"}, {"ties": "x"}, {"nonsense": 1}]
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AnnotationAdaption.Options(**wrong)


def test_a_dump_of_the_options_tells_edited_pools_apart(tmp_path):
    file = tmp_path / "own.yaml"
    dumps = []
    for text in ("task: a", "task: b"):
        file.write_text(text)
        dumps.append(AnnotationAdaption.Options(pools=(str(tmp_path),)).model_dump(mode="json"))
    assert dumps[0] != dumps[1]
    assert AnnotationAdaption.Options().model_dump(mode="json")["pools_digest"] is None
