"""What stands in the catalogue's files (cards/catalog/*.yaml). A key that isn't here is refused.

Values are as the paper prints them; None where it prints a dash.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = ["FILES", "Dataset", "Leaf", "Model", "Table1", "Table1Data", "Table8", "Table9", "Task"]

Construction = Literal["AA", "SI", "DM"]
"""Annotation adaption, self-instruct, data mixing."""

Printed = Annotated[str, Meta(pattern=r"^\d+(\.\d+)?[KMB]?$")]
"""A count as printed: `158K`, `1.77M`, `3.3B`."""

Number = Annotated[int, Meta(ge=0)]


class Table1Data(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table 1's columns on data: the dataset's name there, and how it was made."""

    data: str | None
    construction: Construction | None


class Table1(Table1Data, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model's row of Table 1; `stages` are those it is trained in: FA (feature alignment), VLIT."""

    encoder: str | None
    projector: str | None
    llm: str | None
    stages: str


class Table8(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model's row of Table 8.

    Attributes:
        stages: As in Table 1, with what is done in a stage in brackets.
        source: Pure: tuned on data of its own; Hybrid: on others' instruction data too.
        model_url: Whether the table links to the model.
        data_url: Whether the table links to the data.
    """

    stages: str
    source: Literal["Pure", "Hybrid"]
    model_url: bool
    data_url: bool


class Model(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A multimodal language model.

    Attributes:
        name: As most tables write it.
        also: Names that other tables have for it.
        paper: As the review cites it.
        arxiv: The paper's number there.
        table_1: None where the table lacks it; `table_8` too.
        tuned: The parts that instruction tuning updates (section 3.2), where the text says.
        quality: What was done for the quality of its data (section 3.3.3).
        tasks: Its row of Table 10, by names of tasks.yaml.
        code: Where its code is.
        notes: Where tables disagree on what isn't a value of this entry.
    """

    name: str
    also: tuple[str, ...] = ()
    paper: str
    arxiv: Annotated[str, Meta(pattern=r"^\d{4}\.\d{5}$")] | None = None
    table_1: Table1 | None = None
    table_8: Table8 | None = None
    tuned: tuple[Literal["visual encoder", "projector", "llm", "llm by LoRA"], ...] = ()
    quality: tuple[
        Literal[
            "manual annotation",
            "causes of errors",
            "more tasks",
            "text instructions",
            "rewritten instructions",
            "response length",
            "multi-round dialogues",
            "negative samples",
            "complex task formats",
            "balance",
        ],
        ...,
    ] = ()
    tasks: tuple[str, ...] = ()
    code: str | None = None
    notes: tuple[str, ...] = ()


class Table9(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A dataset's row of Table 9: how it was made, and how many images, videos and instruction-response pairs it has."""

    type: Literal["AA", "SI", "AA+SI"]
    images: Printed | Number | None
    videos: Printed | Number | None
    pairs: Printed | Number | None


class Dataset(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Instruction data.

    Attributes:
        name: As Table 9 writes it; data without a name have their model's.
        also: Names that other tables have for it.
        model: The model of models.yaml that it was made for; its paper, tasks and row of Table 1 are the data's too.
        paper: Where there is no model: the paper, as the review cites it; so `arxiv` and `table_1`.
        table_9: None where the table lacks it.
        link: Where the data are.
        notes: Where tables disagree on what isn't a value of this entry.
    """

    name: str
    also: tuple[str, ...] = ()
    model: str | None = None
    paper: str | None = None
    arxiv: Annotated[str, Meta(pattern=r"^\d{4}\.\d{5}$")] | None = None
    table_1: Table1Data | None = None
    table_9: Table9 | None = None
    link: str | None = None
    notes: tuple[str, ...] = ()


class Leaf(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A leaf of Figure 6's tree, and the data that the figure names under it."""

    branch: Literal["construction strategy", "object/task-specific", "domain-specific"]
    leaf: str
    data: tuple[str, ...]


class Task(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A task of Table 10; `vlit_task` is the task of `vlit_hub.tasks` that asks the same."""

    name: str
    also: tuple[str, ...] = ()
    abbreviation: str | None = None
    description: str
    vlit_task: str | None = None


FILES = {"models": Model, "datasets": Dataset, "figure_6": Leaf, "tasks": Task}
"""What each file is a list of."""
