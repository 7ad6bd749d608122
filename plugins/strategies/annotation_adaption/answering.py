"""Visual question answering: one draft a question, answered with the majority of the annotators."""

from __future__ import annotations

import polars as pl

from vlit_hub.plugins.strategies.annotation_adaption.batch import Batch
from vlit_hub.plugins.strategies.annotation_adaption.columns import annotation_keys, ones
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec
from vlit_hub.wording.tidying import one_end_mark, tidy_questions, tidy_spaces

__all__ = ["POOL", "answering"]

POOL = PoolSpec(task="visual_question_answering", subject=(frozenset({"question"}),), answer=(frozenset({"answer"}),))


def answering(batch: Batch) -> pl.DataFrame:
    """A draft a question; `annotator_agreement` is the share of the annotators who gave the answer."""
    questions = batch.annotations.questions
    question = tidy_questions(questions["question"])
    answer = tidy_spaces(questions["answer"])
    asked = questions.select("tied", "votes", agreement=pl.col("votes") / pl.col("answers").list.len())
    written = batch.write(
        POOL, questions["image_id"], questions["question_id"], {"question": question, "answer": answer}, question
    )
    reasons = [
        pl.when(question == "").then(pl.lit("no question")),
        pl.when(answer == "").then(pl.lit("no answer")),
    ]
    if batch.options.ties == "drop":
        reasons.append(pl.when("tied").then(pl.lit("several answers have as many votes")))
    if batch.options.min_agreement > 0:
        few = pl.col("agreement") < batch.options.min_agreement
        reasons.append(pl.when(few).then(pl.lit(f"fewer than {batch.options.min_agreement:g} of the annotators agree")))
    return pl.DataFrame(
        {
            "image_id": questions["image_id"],
            "key": annotation_keys(questions, "question_id"),
            **written,
            "response": one_end_mark(written["response"], answer),
            "sources": ones(questions["source"]),
            "annotator_agreement": asked["agreement"],
            "reject_reason": asked.select(pl.coalesce(reasons)).to_series(),
        }
    )
