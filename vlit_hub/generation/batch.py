"""OpenAI's Batch API as another way of filling the response store: half the price, answers within a day.

A run submits what the store has no answer to, and ends with `BatchPending`; the same call later collects what is finished,
submits follow-ups and whatever a batch left unanswered, until all is answered. Which batches there are is recorded in the
store (`vlit_hub.generation.batch_records`), so a run may be killed at any moment.

Source: https://platform.openai.com/docs/guides/batch.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sized
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from vlit_hub.errors import BatchPending, BudgetReached, InputError, ModelError, RequestsFailed, UsageError
from vlit_hub.generation import loops
from vlit_hub.generation.batch_budget import BatchBudget
from vlit_hub.generation.batch_files import BatchFile
from vlit_hub.generation.batch_records import BatchRecord, BatchRecords
from vlit_hub.generation.batch_round import Met, Round
from vlit_hub.generation.batch_server import BatchServer, NotSubmitted, RemoteBatch, batch_server
from vlit_hub.generation.pictures import PictureFault, with_pictures
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.generation.store import Answer, ResponseStore, Stored, store_path
from vlit_hub.generation.summary import Summary, Usage

if TYPE_CHECKING:
    from vlit_hub.generation.run import FollowUp

__all__ = ["run_batch"]

_CHUNK = 500  # requests looked up in the store, or answers stored, at a time
_FIRST_WAIT = 1.0  # seconds between two looks at the batches, half as much again each time
_LONGEST_WAIT = 60.0


def run_batch(
    requests: Iterable[Request],
    settings: Settings,
    *,
    total: int | None = None,
    follow_up: FollowUp | None = None,
) -> Summary:
    """Have every request answered through the Batch API, as far as that is possible now.

    Args:
        requests: As for `vlit_hub.generation.run.generate`. They are gone through again for every round of `settings.wait`, and
            for `settings.max_cost`: an iterator, which can't be, is refused there.
        settings: How requests are sent. With `wait`, this returns only when all is answered.
        total: As for `generate`.
        follow_up: As for `generate`; follow-ups are submitted when what they follow has been collected.

    Returns:
        What this run collected, all requests being answered.

    Raises:
        BatchPending: Batches aren't finished. The same call goes on with them.
        InputError: A photo isn't there any more.
        UsageError: A backend without a Batch API; `max_cost` and no price.
        ModelError: The server refuses, can't be reached, or has no Batch API.
        BudgetReached: What is left may cost more than `max_cost` leaves.
        RequestsFailed: Some requests weren't answered, however often they were submitted.
        StoreError: The store can't be used.
    """
    if iter(requests) is requests and (settings.wait or settings.max_cost is not None):
        raise UsageError("with wait or max_cost, batches need requests that can be gone through again, not an iterator")
    if total is None and isinstance(requests, Sized):
        total = len(requests)
    with ResponseStore(store_path(settings)) as store, _alone(store):

        async def go() -> Summary:
            async with batch_server(settings) as server:
                return await _BatchRun(requests, settings, store, server, total, follow_up).go()

        return loops.run(go)


@contextlib.contextmanager
def _alone(store: ResponseStore) -> Iterator[None]:
    """Keeps other processes from submitting the same batches from the same store."""
    try:
        with FileLock(f"{store.path}.batches.lock", timeout=0):
            yield
    except Timeout:
        raise UsageError(
            f"another process is at the batches of {store.path}. Wait for it, or name another --store."
        ) from None


class _BatchRun:
    """One run: rounds of collecting and submitting."""

    def __init__(
        self,
        requests: Iterable[Request],
        settings: Settings,
        store: ResponseStore,
        server: BatchServer,
        total: int | None,
        follow_up: FollowUp | None,
    ) -> None:
        self._requests = requests
        self._settings = settings
        self._store = store
        self._server = server
        self._records = BatchRecords(store, server.name)
        self._total = total
        self._follow_up = follow_up
        self._budget = BatchBudget(settings)
        self._collected: set[str] = set()
        self._usage: dict[str, Usage] = {}
        self._unanswered: Counter[str] = Counter()  # how often a request came back without an answer, in this run
        self._submitted: set[str] = set()  # our names of the batches of this run
        self._lost: dict[str, BatchRecord] = {}
        self._states: Counter[str] = Counter()
        self._trouble = ""

    async def go(self) -> Summary:
        start = time.monotonic()
        await self._reconcile()
        await self._collect()
        while True:
            round = await self._submit_rest()
            round.summary.seconds = time.monotonic() - start
            if round.pending and self._settings.wait:
                await self._wait()
            elif round.pending:
                raise BatchPending(round.pending_words(self._states, self._trouble, self._budget.limit or 0.0))
            elif round.too_dear:
                raise BudgetReached(round.too_dear_words(self._budget.spent, self._budget.limit or 0.0))
            elif round.summary.failed:
                raise RequestsFailed(
                    f"{round.summary.failed:,} requests came back without an answer {self._settings.max_tries} times "
                    f"(last: {self._trouble}). What was answered is stored. Run the same command again to go on."
                )
            else:
                return round.summary

    async def _reconcile(self) -> None:
        """Find out about batches whose submission was cut short."""
        intended = self._records.intended()
        if not intended:
            return
        remotes = await self._server.find({record.id for record in intended}, since=intended[0].created)
        for record in intended:
            if record.id in remotes:
                self._records.submit(record, remotes[record.id])
            else:
                self._records.forget(record)

    # Collecting

    async def _wait(self) -> None:
        """Until there is something new to collect."""
        seconds = _FIRST_WAIT
        while not await self._collect():
            await asyncio.sleep(seconds)
            seconds = min(1.5 * seconds, _LONGEST_WAIT)

    async def _collect(self) -> bool:
        """Store what finished batches answered; whether there were any."""
        self._states.clear()
        finished = False
        for record in self._records.submitted():
            batch = await self._server.look(record)
            if batch is None:
                self._lost[record.id] = record
            elif batch.finished:
                await self._take(record, batch)
                finished = True
            else:
                self._states[batch.status] += 1
        return finished

    async def _take(self, record: BatchRecord, batch: RemoteBatch) -> None:
        """Store a finished batch's answers."""
        answered: set[str] = set()
        answers: list[Answer] = []
        stopped = ""
        async for key, response, trouble, stops in self._server.outcomes(record, batch):
            self._trouble = trouble or self._trouble
            stopped = trouble if stops else stopped
            if response and key in record.groups and key not in answered:
                answered.add(key)
                # The store keeps a request's model and group only, so the rest isn't needed here.
                request = Request(model=record.model, messages=(), group=record.groups[key])
                answers.append(Answer(key, request, response, self._budget.cost(record.model, response, batch=True)))
            if len(answers) == _CHUNK:
                self._keep(answers)
                answers = []
        self._keep(answers)
        self._unanswered.update(record.groups.keys() - answered)
        self._records.close(record)
        self._trouble = batch.trouble or self._trouble
        if stopped:
            raise ModelError(
                f"{self._server.shown} refuses requests of a batch ({stopped}). The others' answers are stored."
            )
        if batch.status == "failed" and record.id in self._submitted:
            raise ModelError(f"the server refused a batch of {len(record.groups):,} requests: {batch.trouble}")

    def _keep(self, answers: list[Answer]) -> None:
        self._store.put_many(answers)
        for answer in answers:
            self._collected.add(answer.key)
            self._usage.setdefault(answer.request.model, Usage()).add(answer.response, answer.cost)

    # Submitting

    def _walk(self) -> Iterator[Met]:
        """All requests and what is stored of them, and the follow-ups of those that are answered."""
        drawn = iter(self._requests)
        while keyed := [(request.key(), request) for request in itertools.islice(drawn, _CHUNK)]:
            follows = False
            while keyed:
                stored = self._store.look_up([key for key, _ in keyed])
                further = []
                for key, request in keyed:
                    met = Met(key, request, follows, stored.get(key))
                    yield met
                    if met.found and self._follow_up and (one := self._follow_up(request, met.found.response)):
                        further.append((one.key(), one))
                keyed, follows = further, True

    async def _submit_rest(self) -> Round:
        """Submit what is neither answered nor on its way."""
        records = self._records.submitted()
        on_way = {key for record in records for key in record.groups}
        if self._settings.max_cost is not None:
            self._count_money(records)
        lost = {key: record for record in self._lost.values() for key in record.groups}
        round = Round(Summary(total=self._total, usage=self._usage))
        gathered: dict[str, BatchFile] = {}
        with contextlib.ExitStack() as files:
            for met in self._walk():
                if met.found is None and met.key in lost:
                    raise ModelError(self._forgotten(lost[met.key]))
                if met.found is None and met.key not in on_way:
                    if met.request.backend != "openai":
                        raise UsageError(
                            f"--batch is for servers with a Batch API, not for the backend {met.request.backend!r}."
                        )
                    if self._unanswered[met.key] >= self._settings.max_tries:
                        round.summary.failed += 1
                    elif not (self._server.knows(met.request.model) and self._budget.knows(met.request)):
                        round.too_dear += not await self._ask_directly(met)
                    elif (reserved := self._budget.reserve(met.request, batch=True)) is None:
                        round.too_dear += 1
                    elif sent := self._sendable(met):
                        line = self._server.line(met.key, sent)
                        file = gathered.get(met.request.model)
                        if file is None or not file.takes(line):
                            if file:
                                await self._submit(file)
                            file = gathered[met.request.model] = files.enter_context(BatchFile(met.request.model))
                        file.add(met.key, met.request, line, reserved)
                        on_way.add(met.key)
                round.count(met, on_way=met.key in on_way, new=met.key in self._collected)
            for file in gathered.values():
                await self._submit(file)
        return round

    def _forgotten(self, record: BatchRecord) -> str:
        return (
            f"{self._server.shown} doesn't know batch {record.remote} with {len(record.groups):,} requests, which was submitted "
            f"earlier. Use the key of that time ({self._settings.api_key_env}); or leave out --batch, which asks for them anew."
        )

    async def _ask_directly(self, met: Met) -> bool:
        """Ask the first request of a model without a batch, which shows how the others are to be asked; False: too dear."""
        reserved = self._budget.reserve(met.request, batch=False)
        if reserved is None:
            return False
        self._budget.spent -= reserved
        if sent := self._sendable(met):
            response = await self._server.learn(sent)
            cost = self._budget.cost(met.request.model, response, batch=False)
            self._budget.count(met.request, response, cost)
            self._answered(met, response, cost)
        return True

    def _sendable(self, met: Met) -> Request | None:
        """The request with its photos; None for one that can't be sent, which is stored as that."""
        try:
            return with_pictures(met.request)
        except PictureFault as fault:
            self._answered(met, Response(text=str(fault), model=met.request.model, error="photo_unusable"), 0.0)
            return None
        except OSError as error:
            raise InputError(error.filename, f"the photo can't be read: {error.strerror}") from None

    def _answered(self, met: Met, response: Response, cost: float | None) -> None:
        self._keep([Answer(met.key, met.request, response, cost)])
        met.found = Stored(response, met.request.model, met.request.group, cost)

    async def _submit(self, file: BatchFile) -> None:
        with file:
            record = self._records.intend(file.model, file.groups, file.reserved)
            try:
                remote = await self._server.submit(record.id, file.opened())
            except NotSubmitted as error:
                self._records.forget(record)
                raise ModelError(str(error)) from None
            self._records.submit(record, remote)
        self._submitted.add(record.id)
        self._states["submitted"] += 1

    def _count_money(self, records: list[BatchRecord]) -> None:
        """Count what the answers there are cost, and what those on their way cost at most."""
        self._budget.spent = 0.0
        keys = set()
        for met in self._walk():
            if met.found and met.key not in keys:
                self._budget.count(met.request, met.found.response, met.found.cost)
            keys.add(met.key)
        self._budget.spent += sum(record.reserved for record in records if not keys.isdisjoint(record.groups))
