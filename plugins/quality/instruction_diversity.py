"""Diversity of instructions by the communities of their words."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Mapping

import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.plugins.quality.co_occurrence import communities, linked_words
from vlit_hub.plugins.quality.stop_words import stop_words
from vlit_hub.quality.indicator import Overall, SampleOptions

__all__ = ["InstructionDiversity"]


class _Options(SampleOptions):
    together: pydantic.PositiveInt = pydantic.Field(
        2, description="Pairs of words in fewer different instructions aren't linked."
    )
    smallest: pydantic.PositiveInt = pydantic.Field(
        5, description="Communities of fewer different words aren't counted."
    )
    louvain_seed: int = pydantic.Field(0, ge=0, description="Of the communities.")


class InstructionDiversity(Overall):
    """How many things the instructions of a task are about (the review's principle 4, section 4.2.3):

        diversity = mean over tasks of c_t;   c_t = communities of task t's word graph with at least `smallest` different words

    The graph links words that stand together in at least `together` different instructions of the task (with the text that goes
    with them), without function words. It is split by Ego-Splitting (Epasto, Lattanzi and Paes Leme 2017): each word into a
    persona for each connected group of its neighbours, then the personas into communities. The review takes connected components
    in this second phase too; on real vocabularies these end in one giant community, so here it is Louvain's method (Blondel et
    al. 2008) as networkit has it. The number grows with the records that are looked at: compare at equal size. English only, by
    its list of function words. An instruction that is repeated word by word counts once.
    """

    name = "instruction_diversity"
    principle = 4
    measures = (
        "Communities of words that stand together in a task's different instructions (Ego-Splitting, Louvain): mean over"
        " tasks, and sum."
    )
    backend = "networkit"
    reads = ("instruction", "input.text", "task")
    columns = {"instruction_diversity": pa.float64(), "instruction_communities": pa.int64()}
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Unless networkit is there."""
        if importlib.util.find_spec("networkit") is None:
            return "networkit isn't installed: pip install 'vlit-hub[diversity]'"
        return None

    def revision(self, options: _Options) -> str:
        """networkit's release."""
        return importlib.metadata.version("networkit")

    def summarise(self, records: pl.DataFrame, options: _Options) -> Mapping[str, float | int | None]:
        """A task whose instructions have no such communities counts as 0."""
        texts = records.select(
            "task", text=pl.concat_str("instruction", "input.text", separator="\n", ignore_nulls=True)
        ).unique()
        counts = []
        for _, group in texts.sort("task", "text").group_by("task", maintain_order=True):
            graph, _ = linked_words(group["text"], stop_words(), options.together)
            found = communities(graph, options.louvain_seed)
            counts.append(sum(len(words) >= options.smallest for words in found))
        return {"instruction_diversity": sum(counts) / len(counts), "instruction_communities": sum(counts)}
