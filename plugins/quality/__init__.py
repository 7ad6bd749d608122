"""The first-party indicators: one module each. This package is also the plugin that brings them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    import typer

    from vlit_hub.quality.indicator import Indicator

__all__ = ["register_commands", "register_indicators"]


@hookimpl
def register_indicators() -> list[Indicator]:
    """The first-party indicators."""
    from vlit_hub.plugins.quality.annotated_object_diversity import AnnotatedObjectDiversity
    from vlit_hub.plugins.quality.benchmark_images import BenchmarkImages
    from vlit_hub.plugins.quality.benchmark_overlap import BenchmarkOverlap
    from vlit_hub.plugins.quality.chair import Chair
    from vlit_hub.plugins.quality.correctness import Correctness
    from vlit_hub.plugins.quality.detected_objects import DetectedObjects
    from vlit_hub.plugins.quality.grounded_recall import GroundedRecall
    from vlit_hub.plugins.quality.hallucinated_objects import HallucinatedObjects
    from vlit_hub.plugins.quality.image_copies import ImageCopies
    from vlit_hub.plugins.quality.image_embedding import ImageEmbedding
    from vlit_hub.plugins.quality.image_hash import ImageHash
    from vlit_hub.plugins.quality.image_readability_clip_iqa import ImageReadabilityClipIqa
    from vlit_hub.plugins.quality.image_readability_maniqa import ImageReadabilityManiqa
    from vlit_hub.plugins.quality.image_sharpness import ImageSharpness
    from vlit_hub.plugins.quality.instruction_complexity import InstructionComplexity
    from vlit_hub.plugins.quality.instruction_complexity_fitted import InstructionComplexityFitted
    from vlit_hub.plugins.quality.instruction_diversity import InstructionDiversity
    from vlit_hub.plugins.quality.instruction_following_difficulty import InstructionFollowingDifficulty
    from vlit_hub.plugins.quality.judge import Ratings
    from vlit_hub.plugins.quality.lengths import Lengths
    from vlit_hub.plugins.quality.matching_degree import MatchingDegree
    from vlit_hub.plugins.quality.object_categories import ObjectCategories
    from vlit_hub.plugins.quality.object_claims import ObjectClaims
    from vlit_hub.plugins.quality.object_diversity import ObjectDiversity
    from vlit_hub.plugins.quality.object_diversity_detected import ObjectDiversityDetected
    from vlit_hub.plugins.quality.object_granularity_complexity import ObjectGranularityComplexity
    from vlit_hub.plugins.quality.object_granularity_complexity_chunks import ObjectGranularityComplexityChunks
    from vlit_hub.plugins.quality.personal_data import PersonalData
    from vlit_hub.plugins.quality.presence_answer_correct import PresenceAnswerCorrect
    from vlit_hub.plugins.quality.presence_answers import PresenceAnswers
    from vlit_hub.plugins.quality.presence_claims import PresenceClaims
    from vlit_hub.plugins.quality.readable_image import ReadableImage
    from vlit_hub.plugins.quality.response_diversity import ResponseDiversity
    from vlit_hub.plugins.quality.response_diversity_ngrams import ResponseDiversityNgrams
    from vlit_hub.plugins.quality.response_embedding import ResponseEmbedding
    from vlit_hub.plugins.quality.task_balance import TaskBalance
    from vlit_hub.plugins.quality.task_diversity import TaskDiversity
    from vlit_hub.plugins.quality.task_diversity_rules import TaskDiversityRules
    from vlit_hub.plugins.quality.task_label import TaskLabel
    from vlit_hub.plugins.quality.task_label_rules import TaskLabelRules
    from vlit_hub.plugins.quality.task_labelling import TaskLabelling
    from vlit_hub.plugins.quality.text_copies import TextCopies
    from vlit_hub.plugins.quality.text_embedding import TextEmbedding
    from vlit_hub.plugins.quality.text_readability import TextReadability
    from vlit_hub.plugins.quality.text_readability_unigram import TextReadabilityUnigram
    from vlit_hub.plugins.quality.text_repetition import TextRepetition
    from vlit_hub.plugins.quality.text_word_order import TextWordOrder
    from vlit_hub.plugins.quality.unsafe_words import UnsafeWords
    from vlit_hub.plugins.quality.visual_complexity_edges import VisualComplexityEdges
    from vlit_hub.plugins.quality.visual_complexity_ic9600 import VisualComplexityIc9600
    from vlit_hub.plugins.quality.visual_complexity_jpeg import VisualComplexityJpeg
    from vlit_hub.plugins.quality.visual_dependency import VisualDependency
    from vlit_hub.plugins.quality.visual_semantic_diversity import VisualSemanticDiversity
    from vlit_hub.plugins.quality.yes_no_balance import YesNoBalance
    from vlit_hub.plugins.quality.yes_no_contradicted import YesNoContradicted

    return [
        AnnotatedObjectDiversity(),
        BenchmarkImages(),
        BenchmarkOverlap(),
        Chair(),
        Correctness(),
        DetectedObjects(),
        GroundedRecall(),
        HallucinatedObjects(),
        ImageCopies(),
        ImageEmbedding(),
        ImageHash(),
        ImageReadabilityClipIqa(),
        ImageReadabilityManiqa(),
        ImageSharpness(),
        InstructionComplexity(),
        InstructionComplexityFitted(),
        InstructionDiversity(),
        InstructionFollowingDifficulty(),
        Lengths(),
        MatchingDegree(),
        ObjectCategories(),
        ObjectClaims(),
        ObjectDiversity(),
        ObjectDiversityDetected(),
        ObjectGranularityComplexity(),
        ObjectGranularityComplexityChunks(),
        PersonalData(),
        PresenceAnswerCorrect(),
        PresenceAnswers(),
        PresenceClaims(),
        Ratings(),
        ReadableImage(),
        ResponseDiversity(),
        ResponseDiversityNgrams(),
        ResponseEmbedding(),
        TaskBalance(),
        TaskDiversity(),
        TaskDiversityRules(),
        TaskLabel(),
        TaskLabelRules(),
        TaskLabelling(),
        TextCopies(),
        TextEmbedding(),
        TextReadability(),
        TextReadabilityUnigram(),
        TextRepetition(),
        TextWordOrder(),
        UnsafeWords(),
        VisualComplexityEdges(),
        VisualComplexityIc9600(),
        VisualComplexityJpeg(),
        VisualDependency(),
        VisualSemanticDiversity(),
        YesNoBalance(),
        YesNoContradicted(),
    ]


@hookimpl
def register_commands(app: typer.Typer) -> None:
    """`vlit-hub fit-complexity`."""
    from vlit_hub.plugins.quality.fit_complexity import fit_complexity

    app.command("fit-complexity")(fit_complexity)
