"""Visual question answering: one draft a question, answered with the majority of the annotators.

With `expand_answers`, answers that go with an instruction for a sentence are written out by a model.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.drafting.columns import annotation_keys, ones, overwrite
from vlit_hub.drafts import GENERATION
from vlit_hub.plugins.strategies.annotation_adaption.batch import Batch, sentence_style
from vlit_hub.plugins.strategies.annotation_adaption.expansion.answers import written_out
from vlit_hub.plugins.strategies.annotation_adaption.options import AnnotationAdaptionOptions
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec
from vlit_hub.wording.tidying import one_end_mark, tidy_questions, tidy_spaces

__all__ = ["POOL", "answering", "to_write_out"]

POOL = PoolSpec(task="visual_question_answering", subject=(frozenset({"question"}),), answer=(frozenset({"answer"}),))


def answering(batch: Batch) -> pl.DataFrame:
    """A draft a question; `annotator_agreement` is the share of the annotators who gave the answer."""
    questions = batch.annotations.questions
    asked = _asked(questions, batch.options)
    columns = {"question": asked["question"], "answer": asked["answer"]}
    written = batch.write(POOL, questions["image_id"], questions["question_id"], columns, asked["question"])
    drafts = pl.DataFrame(
        {
            "image_id": questions["image_id"],
            "key": annotation_keys(questions, "question_id"),
            **written,
            "response": one_end_mark(written["response"], asked["answer"]),
            "sources": ones(questions["source"]),
            "annotator_agreement": asked["agreement"],
            "reject_reason": asked["reason"],
        }
    )
    return _with_sentences(drafts, questions, asked, batch.options) if batch.options.expand_answers else drafts


def to_write_out(questions: pl.DataFrame, options: AnnotationAdaptionOptions) -> pl.DataFrame:
    """The distinct `question`, `answer` pairs whose drafts want the answer as a sentence, in the questions' order."""
    asked = _asked(questions, options)
    return (
        asked.filter(_wants_sentence(questions, asked, options))
        .select("question", "answer")
        .unique(maintain_order=True)
    )


def _asked(questions: pl.DataFrame, options: AnnotationAdaptionOptions) -> pl.DataFrame:
    """Of each question its tidy `question` and `answer`, the annotators' `agreement`, and the `reason` to reject it."""
    question = tidy_questions(questions["question"])
    answer = tidy_spaces(questions["answer"])
    reasons = [
        pl.when(question == "").then(pl.lit("no question")),
        pl.when(answer == "").then(pl.lit("no answer")),
    ]
    if options.ties == "drop":
        reasons.append(pl.when("tied").then(pl.lit("several answers have as many votes")))
    if options.min_agreement > 0:
        few = pl.col("agreement") < options.min_agreement
        reasons.append(pl.when(few).then(pl.lit(f"fewer than {options.min_agreement:g} of the annotators agree")))
    asked = questions.select("tied", agreement=pl.col("votes") / pl.col("answers").list.len())
    return asked.select(question, answer, "agreement", reason=pl.coalesce(reasons))


def _wants_sentence(
    questions: pl.DataFrame, asked: pl.DataFrame, options: AnnotationAdaptionOptions
) -> npt.NDArray[np.bool_]:
    usable: npt.NDArray[np.bool_] = asked["reason"].is_null().to_numpy()
    return usable & sentence_style(POOL, options, questions["image_id"], questions["question_id"])


def _with_sentences(
    drafts: pl.DataFrame, questions: pl.DataFrame, asked: pl.DataFrame, options: AnnotationAdaptionOptions
) -> pl.DataFrame:
    """The drafts with the sentences that the model wrote in the place of the pool's."""
    rows = np.flatnonzero(_wants_sentence(questions, asked, options)).astype(np.int64)
    found = written_out(asked.select("question", "answer")[rows], options)
    none = pl.Series("generation", [None], dtype=GENERATION).new_from_index(0, len(drafts))
    return drafts.with_columns(
        response=overwrite(drafts["response"], rows, found["sentence"]),
        generation=overwrite(none, rows, found["generation"]),
        reject_reason=overwrite(drafts["reject_reason"], rows, found["reason"]),
    )
