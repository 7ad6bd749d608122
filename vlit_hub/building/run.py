"""Building a dataset from start to end, as `vlit-hub build` does."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vlit_hub import plugin_manager
from vlit_hub.builder import NAMESPACE, VlitBuilder
from vlit_hub.building.command import portable
from vlit_hub.building.from_datasets import write_folder
from vlit_hub.building.gathering import gather_annotations
from vlit_hub.building.output import check_target, finish, read_build
from vlit_hub.building.plan import BuildOptions, make_plan, parse_options
from vlit_hub.dataset.caching import cache_dataset, prepare_aside
from vlit_hub.dataset.reading import open_dataset
from vlit_hub.errors import InputError, UsageError, VlitHubError
from vlit_hub.generation.preview import Preview
from vlit_hub.registry import Build, recall, remember
from vlit_hub.strategy import DatasetStrategy

__all__ = ["BuildResult", "build", "prepare", "preview"]


@dataclass(frozen=True)
class BuildResult:
    """A finished build.

    Attributes:
        repo_id: Its Hub name.
        folder: The folder with Parquet files, README.md and build.json.
        summary: The content of build.json.
        reused: Nothing had to be made: the folder and the cache had it.
        ignored: How many JSON files in the data folder no source knows.
    """

    repo_id: str
    folder: Path
    summary: dict[str, Any]
    reused: bool
    ignored: int


def build(
    name: str,
    options: BuildOptions,
    *,
    out: Path | None = None,
    namespace: str = NAMESPACE,
    num_proc: int = 1,
    force: bool = False,
) -> BuildResult:
    """Build a dataset: the Hugging Face cache, and a folder that can be published.

    Args:
        name: The builder's name.
        options: What to build from, and how.
        out: The folder to write; `built/<name>` if none.
        namespace: Of the Hub name that the dataset is cached under.
        num_proc: How many processes make records.
        force: Make everything anew, even if it is there.

    Raises:
        VlitHubError: Something is wrong with the input or the call.
    """
    if num_proc < 1:
        raise UsageError(f"--num-proc {num_proc}: there must be at least one process.")
    found = plugin_manager.get_builder(name)
    strategy = plugin_manager.get_strategy(found.strategy)
    if isinstance(strategy, DatasetStrategy):
        return _build_from_datasets(found, strategy, options, out, namespace, force)
    plan = make_plan(found, options)
    repo_id = f"{namespace}/{name}"
    folder = out or Path("built") / name
    check_target(folder)
    work = folder.with_name(f".{folder.name}.partial")
    builder = plan.builder(plan, namespace=namespace, work_folder=work)
    cached = Path(builder.cache_dir)
    last = recall(repo_id)
    same = last is not None and last.state == plan.state and Path(last.folder) == folder.resolve()
    if same and cached.exists() and not force:
        os.utime(cached)  # the newest is what the plain load_dataset takes
        summary, reused = read_build(folder), True
    else:
        _open_work_folder(work, plan.state, anew=force)
        prepare(builder, num_proc)
        assert builder.gathered is not None
        finish(folder, work, repo_id, plan, builder.gathered, builder.tallies())
        summary, reused = read_build(folder), False
    splits = {split: counts["records"] for split, counts in summary["splits"].items() if counts["records"]}
    remember(Build(repo_id, str(folder.resolve()), plan.state, splits))
    return BuildResult(repo_id, folder, summary, reused, plan.ignored)


def _build_from_datasets(
    builder: type[VlitBuilder],
    strategy: DatasetStrategy,
    options: BuildOptions,
    out: Path | None,
    namespace: str,
    force: bool,
) -> BuildResult:
    """Build a dataset of records that other datasets have."""
    given = parse_options(strategy, {**builder.defaults, **options.strategy})
    repo_id, folder = f"{namespace}/{builder.name}", out or Path("built") / builder.name
    check_target(folder)
    plan = strategy.plan(given)
    last = recall(repo_id)
    same = last is not None and last.state == plan.fingerprint and Path(last.folder) == folder.resolve()
    reused = same and not force
    if not reused:
        about = {
            "name": builder.name,
            "version": str(builder.VERSION),
            "description": " ".join((builder.__doc__ or "").split()),
        }
        words = (
            ("-o", f"{key}={portable(value)}")
            for key, value in given.model_dump(mode="json").items()
            if value is not None
        )
        command = shlex.join(["vlit-hub", "build", builder.name, *itertools.chain(*words)])
        write_folder(strategy, plan, folder, repo_id, command=command, builder=about)
    dataset = open_dataset(folder)
    os.utime(cache_dataset(dataset, repo_id, plan.fingerprint))  # the newest is what the plain load_dataset takes
    summary = read_build(folder)
    splits = {split: counts["records"] for split, counts in summary["splits"].items()}
    remember(Build(repo_id, str(folder.resolve()), plan.fingerprint, splits))
    return BuildResult(repo_id, folder, summary, reused, 0)


def preview(name: str, options: BuildOptions) -> Preview:
    """What a build would ask of a language model, and what that would cost; nothing is sent.

    Raises:
        UsageError: The builder asks no model.
        VlitHubError: Something is wrong with the input or the call.
    """
    builder = plugin_manager.get_builder(name)
    if isinstance(plugin_manager.get_strategy(builder.strategy), DatasetStrategy):
        raise UsageError(
            f"{name} asks no language model. What its sources would give shows: vlit-hub mix RECIPE --dry-run"
        )
    plan = make_plan(builder, options)
    found = plan.strategy.preview(gather_annotations(plan).annotations, plan.strategy_options)
    if found is None:
        raise UsageError(f"{name} asks no language model, so there is nothing to show. Leave --dry-run out.")
    return found


def prepare(builder: VlitBuilder, num_proc: int = 1) -> None:
    """Prepare a builder's dataset in the Hugging Face cache.

    Raises:
        VlitHubError: The input is at fault.
    """
    try:
        prepare_aside(builder, num_proc)
    except Exception as error:
        raise _cause(error) from error
    if not builder.info.splits:
        raise InputError(builder.plan.options.data_dir, "nothing in it became a record", _why_empty(builder))


def _cause(error: BaseException) -> BaseException:
    """The error that `datasets` wrapped, where a user can mend it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, VlitHubError) or (isinstance(seen, OSError) and seen.errno):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error


def _why_empty(builder: VlitBuilder) -> str:
    reasons = sorted(
        {reason for tally in builder.tallies().values() for some in tally.rejected.values() for reason in some}
    )
    return (
        f"Rejected: {', '.join(reasons)}."
        if reasons
        else "Check --tasks, and that the annotations aren't a test split's."
    )


def _open_work_folder(work: Path, state: str, anew: bool) -> None:
    """Make the folder of shards in the making; what a killed run of the same plan left is taken up again."""
    mark = work / "state"
    if anew or not mark.exists() or mark.read_text() != state:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    mark.write_text(state)
