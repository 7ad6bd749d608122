"""What is measured, in which order, and why the rest isn't."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydantic

from vlit_hub import plugin_manager
from vlit_hub.dataset.reading import RECORD_FIELDS
from vlit_hub.errors import PluginError, UnknownName, UsageError
from vlit_hub.quality.annotations import COLUMNS, of_annotations
from vlit_hub.quality.fragments import key
from vlit_hub.quality.indicator import PHOTO, Collective, Indicator, IndicatorOptions, Overall, PhotoIndicator

__all__ = ["Plan", "Planned", "is_private", "make_plan", "parse_options"]

_NO_ANNOTATIONS = (
    "it needs the annotations of the images: vlit-hub score DATASET --data-dir DIR, the folder with their files"
)


@dataclass(frozen=True)
class Planned:
    """One indicator that will be measured.

    Attributes:
        indicator: It.
        options: Its options.
        settings: Hash of all that its numbers depend on beside the records.
        features: What it reads that is measured first.
    """

    indicator: Indicator
    options: IndicatorOptions
    settings: str
    features: tuple[Planned, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of its features."""
        return tuple(feature.name for feature in self.features)

    @property
    def name(self) -> str:
        """The indicator's."""
        return self.indicator.name


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        stages: Indicators of one kind that are measured in one pass, features before what needs them, cheap before dear.
        left_out: Why other indicators can't be measured here, by name.
    """

    stages: tuple[tuple[Planned, ...], ...]
    left_out: Mapping[str, str]

    @property
    def chosen(self) -> list[Planned]:
        """All that is measured."""
        return [planned for stage in self.stages for planned in stage]


def make_plan(
    known: Mapping[str, Indicator],
    names: Sequence[str] | None,
    options: Mapping[str, Mapping[str, Any]],
    annotations: str | None = None,
) -> Plan:
    """Choose indicators.

    Args:
        known: All there are, by name.
        names: Those to measure; all that can run here if none.
        options: Options by indicator.
        annotations: Digest of the annotations of the images; none where there are none.

    Raises:
        UnknownName: No indicator of a name that is given.
        UsageError: An option isn't one, or has a wrong value; or what is asked for by name can't run here.
    """
    for name in (*(names or ()), *options):
        if name not in known:
            raise UnknownName("indicator", name, known)
    makers = {column: name for name, one in known.items() if one.feature for column in one.columns}
    done: dict[str, Planned] = {}
    left_out: dict[str, str] = {}
    for name in names or [name for name, one in known.items() if not one.feature]:
        if reason := _add(name, known, makers, options, annotations, done):
            left_out[name] = reason
    if names and left_out:
        name, reason = next(iter(left_out.items()))
        raise UsageError(f"{name} can't be measured here: {reason}")
    stages: dict[tuple[int, int, bool], list[Planned]] = {}
    for planned in sorted(done.values(), key=lambda one: one.name):
        stages.setdefault(_stage(planned, done), []).append(planned)
    return Plan(tuple(tuple(stages[stage]) for stage in sorted(stages)), left_out)


def _add(
    name: str,
    known: Mapping[str, Indicator],
    makers: Mapping[str, str],
    options: Mapping[str, Mapping[str, Any]],
    annotations: str | None,
    done: dict[str, Planned],
) -> str | None:
    """Plan an indicator after the features that it needs; why it can't be, if it can't."""
    if name in done:
        return None
    indicator = known[name]
    given = _options(indicator, options.get(name, {}))
    if reason := indicator.cannot_run(given):
        return reason
    looks_at = of_annotations(indicator.reads)
    if looks_at and annotations is None:
        return _NO_ANNOTATIONS
    needs: dict[str, None] = {}
    for column in indicator.reads:
        if column.partition(".")[0] in RECORD_FIELDS or column in (PHOTO, "dialogue", *COLUMNS):
            continue
        if column not in makers:
            raise PluginError(f"indicator {name!r} reads {column!r}, which no record has and no feature gives.")
        if reason := _add(makers[column], known, makers, options, annotations, done):
            return reason if reason == _NO_ANNOTATIONS else f"it needs {makers[column]}: {reason}"
        needs[makers[column]] = None
    settings = key(
        name,
        indicator.version,
        json.loads(given.model_dump_json()),
        indicator.revision(given),
        {column: str(type) for column, type in indicator.columns.items()},
        [done[need].settings for need in needs],
        *([annotations] if looks_at else []),
    )
    done[name] = Planned(indicator, given, settings, tuple(done[need] for need in needs))
    return None


def _stage(planned: Planned, done: Mapping[str, Planned]) -> tuple[int, int, bool]:
    """When it is measured: texts before photos, what needs features after them, then comparisons, then the whole."""
    one = planned.indicator
    last = 2 if isinstance(one, Overall) else int(isinstance(one, Collective))
    return last, _depth(planned, done), isinstance(one, PhotoIndicator)


def _depth(planned: Planned, done: Mapping[str, Planned]) -> int:
    return max((1 + _depth(done[need], done) for need in planned.needs), default=0)


def _options(indicator: Indicator, given: Mapping[str, Any]) -> IndicatorOptions:
    try:
        return indicator.Options(**given)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        known = ", ".join(indicator.Options.model_fields) or "none"
        raise UsageError(f"{indicator.name}.{place}: {first['msg']}. Its options: {known}.") from None


def parse_options(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Options given as `INDICATOR.OPTION=VALUE`, by indicator.

    Raises:
        UsageError: One isn't of that form.
    """
    options: dict[str, dict[str, Any]] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        indicator, dot, option = place.partition(".")
        if not (equals and dot and indicator and option):
            raise UsageError(f"--option {text}: must be INDICATOR.OPTION=VALUE.")
        options.setdefault(indicator.strip(), {})[option.strip()] = value
    return options


def is_private(text: str) -> bool:
    """Whether an option, given as `INDICATOR.OPTION=VALUE`, says how the work is done here (a server's address), not what
    comes of it.

    Raises:
        UnknownName: There is no such indicator.
    """
    place = text.partition("=")[0]
    name, _, option = (part.strip() for part in place.partition("."))
    known = plugin_manager.indicators()
    if name not in known:
        raise UnknownName("indicator", name, known)
    field = known[name].Options.model_fields.get(option)
    return field is not None and bool(field.exclude)
