"""Sends requests to language models: what the response store hasn't got, concurrently, and every answer into the store."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import AsyncExitStack

from vlit_hub import plugin_manager
from vlit_hub.errors import ModelError, RequestsFailed, VlitHubError
from vlit_hub.generation import loops
from vlit_hub.generation.backends import Session, Throttled, Transient
from vlit_hub.generation.budget import Budget
from vlit_hub.generation.limits import Concurrency, backoff
from vlit_hub.generation.pictures import PictureFault, with_pictures
from vlit_hub.generation.reporting import live
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.generation.store import Answer, ResponseStore, store_path
from vlit_hub.generation.summary import Summary, Usage

__all__ = ["FollowUp", "generate"]

FollowUp = Callable[[Request, Response], Request | None]

_CHUNK = 64  # requests drawn, and looked up in the store, at a time
_WRITES_APART = 0.005  # seconds: answers that come meanwhile share a transaction
_THROTTLES = 40  # how often one request is turned down for the server's load before the run gives up on it
_HOPELESS = 10  # requests given up, or refused as bad, in a row and without an answer between: none will succeed


def generate(
    requests: Iterable[Request],
    settings: Settings,
    *,
    total: int | None = None,
    follow_up: FollowUp | None = None,
) -> Summary:
    """Have every request answered: by the response store, or else by its model.

    Requests are drawn as they are needed, so any number takes the same memory. An answer is in the store before it counts. A
    run that ends early, killed or with an error, is gone on with by the same call.

    Args:
        requests: What is asked, in any order; equal requests are sent once.
        settings: How requests are sent. With `max_cost`, `requests` is gone through twice, first for what earlier runs paid; an
            iterator can be gone through once only, so there earlier payments count as they are come upon.
        total: How many requests there are, for the progress bar; `len(requests)` where there is one.
        follow_up: Called with every request and its answer, stored or new; may give a further request, which counts too. It may
            be called for one answer more than once, and gives the same each time.

    Raises:
        UsageError: The backend isn't there, or lacks a setting; `max_cost` and no price.
        ModelError: The server refuses everything, can't be reached, or isn't one.
        BudgetReached: `max_cost` is.
        RequestsFailed: Some requests failed at every try; the others are answered.
        StoreError: The store can't be used; its disk is full.
    """
    if settings.batch:
        from vlit_hub.generation.batch import run_batch

        return run_batch(requests, settings, total=total, follow_up=follow_up)
    if total is None and isinstance(requests, Sized):
        total = len(requests)
    with ResponseStore(store_path(settings)) as store:
        return loops.run(lambda: _Run(requests, settings, store, total, follow_up).go())


class _Item:
    """One request on its way: claimed, ready, in flight, waiting for the next try, or answered and not yet stored."""

    __slots__ = ("key", "request", "same", "throttles", "tries")

    def __init__(self, key: str, request: Request) -> None:
        self.key = key
        self.request = request
        self.same: list[Request] = []  # requests of this key that came while it was on its way
        self.tries = 0
        self.throttles = 0


class _Run:
    """One run. All its state changes in the event loop's thread; drawing requests and writing answers happen in others."""

    def __init__(
        self,
        requests: Iterable[Request],
        settings: Settings,
        store: ResponseStore,
        total: int | None,
        follow_up: FollowUp | None,
    ) -> None:
        self._requests = requests
        self._settings = settings
        self._store = store
        self._follow_up = follow_up
        self._state = Summary(total=total)
        self._budget = Budget(settings)
        self._concurrency = Concurrency(settings.concurrency)
        self._sessions: dict[str, Session] = {}
        self._opened = AsyncExitStack()
        self._on_way: dict[str, _Item] = {}
        self._ready: deque[_Item] = deque()
        self._extra: deque[Request] = deque()
        self._unwritten: list[tuple[_Item, Answer]] = []
        self._writing: list[tuple[_Item, Answer]] = []
        self._doubtful: list[tuple[_Item, Answer]] = []  # refused as bad while nothing was answered yet
        self._sending: set[asyncio.Task[None]] = set()
        self._progressed = asyncio.Event()
        self._written = asyncio.Event()
        self._error: BaseException | None = None
        self._waking: asyncio.TimerHandle | None = None
        self._trouble = ""
        self._in_a_row = 0

    async def go(self) -> Summary:
        start = time.monotonic()
        writing = asyncio.create_task(self._write())
        try:
            async with self._opened, live(self._state):
                try:
                    await self._count_paid()
                    await self._feed()
                finally:
                    await self._settle(writing)
        finally:
            self._state.seconds = time.monotonic() - start
        if self._state.failed:
            raise RequestsFailed(self._failures())
        return self._state

    async def _settle(self, writing: asyncio.Task[None]) -> None:
        """End everything that runs, and store what was answered."""
        for task in (writing, *self._sending):
            task.cancel()
        await asyncio.gather(writing, *self._sending, return_exceptions=True)
        if self._unwritten:
            self._store.put_many(answer for _, answer in self._unwritten)

    # Drawing

    async def _feed(self) -> None:
        """Draw requests while there is room, until all are answered or something stops the run."""
        drawn = iter(self._requests)
        more = True
        most = max(3 * self._settings.concurrency, _CHUNK)
        while True:
            self._progressed.clear()
            if self._error:
                raise self._error
            if len(self._on_way) < most:
                if self._extra:
                    chunk = [self._extra.popleft() for _ in range(min(_CHUNK, len(self._extra)))]
                    await self._admit([(request.key(), request) for request in chunk])
                    continue
                if more:
                    keyed = await asyncio.to_thread(_draw, drawn)
                    more = len(keyed) == _CHUNK
                    await self._admit(keyed)
                    continue
            if not more and not self._extra:
                if not self._on_way:
                    return
                if len(self._on_way) == len(self._doubtful):
                    self._trust_doubtful()
            await self._progressed.wait()

    async def _admit(self, keyed: list[tuple[str, Request]]) -> None:
        """Take requests into the run: those that the store has are answered, the others get ready."""
        claimed = []
        for key, request in keyed:
            # Claimed before the store is asked: else one could be stored, and let go of, between question and claim.
            if key in self._on_way:
                self._on_way[key].same.append(request)
            else:
                self._on_way[key] = item = _Item(key, request)
                claimed.append(item)
        stored = await asyncio.to_thread(self._store.look_up, [item.key for item in claimed])
        for item in claimed:
            if found := stored.get(item.key):
                self._state.paid_before += self._budget.paid_before(item.key, item.request, found)
                self._finish(item, found.response, new=False)
            else:
                await self._open(item.request.backend)
                self._ready.append(item)
        self._pump()

    async def _open(self, backend: str) -> None:
        if backend not in self._sessions:
            session = plugin_manager.get_backend(backend).open(self._settings)
            self._sessions[backend] = await self._opened.enter_async_context(session)

    # Money

    async def _count_paid(self) -> None:
        """Count what the store's answers cost before anything new is paid; only for a limit must all be gone through."""
        if self._settings.max_cost is not None and iter(self._requests) is not self._requests:
            await asyncio.to_thread(self._count_all_paid)

    def _count_all_paid(self) -> None:
        drawn = iter(self._requests)
        while keyed := _draw(drawn):
            while keyed:
                stored = self._store.look_up([key for key, _ in keyed])
                further = []
                for key, request in keyed:
                    if found := stored.get(key):
                        self._state.paid_before += self._budget.paid_before(key, request, found)
                        if self._follow_up and (follow_up := self._follow_up(request, found.response)):
                            further.append((follow_up.key(), follow_up))
                keyed = further

    # Sending

    def _pump(self) -> None:
        """Send what is ready, as far as concurrency and money go."""
        loop = asyncio.get_running_loop()
        while self._ready and not self._error and self._in_flight() < self._concurrency.limit:
            if (held := self._concurrency.held_until - loop.time()) > 0:
                if not self._waking or self._waking.when() <= loop.time():
                    self._waking = loop.call_later(held, self._pump)
                return
            try:
                reserved = self._budget.reserve(self._ready[0].request)
            except VlitHubError as error:
                self._stop(error)
                return
            if reserved is None:  # those in flight may turn out cheaper than what is kept for them
                if not self._sending and not self._unwritten and not self._writing:
                    self._stop(self._budget.reached(self._state))
                return
            task = asyncio.create_task(self._send(self._ready.popleft(), reserved))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _in_flight(self) -> int:
        """Requests on their way, and answers that aren't stored yet: what a kill can lose."""
        return len(self._sending) + len(self._unwritten) + len(self._writing)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._pump()

    async def _send(self, item: _Item, reserved: float) -> None:
        now = asyncio.get_running_loop().time
        try:
            response = await self._ask(item.request)
            cost = self._budget.cost(item.request, response)
        except Throttled as error:
            self._concurrency.throttled(now(), error.retry_after)
            item.throttles += 1
            self._again(item, error, item.throttles, _THROTTLES, error.retry_after)
        except Transient as error:
            self._concurrency.answered()
            item.tries += 1
            self._again(item, error, item.tries, self._settings.max_tries)
        except Exception as error:
            self._stop(error)
        else:
            self._concurrency.answered()
            self._budget.spend(item.key, item.request, response, cost)
            self._got(item, Answer(item.key, item.request, response, cost))
        finally:
            self._budget.release(item.request, reserved)

    async def _ask(self, request: Request) -> Response:
        """Send a request, with the photos that it stands for."""
        if any(not isinstance(message["content"], str) for message in request.messages):
            try:
                request = await asyncio.to_thread(with_pictures, request)
            except PictureFault as fault:
                return Response(text=str(fault), model=request.model, error="photo_unusable")
        return await self._sessions[request.backend].complete(request)

    def _again(self, item: _Item, error: Exception, tries: int, most: int, retry_after: float | None = None) -> None:
        """Send it once more after a while, or give up on it."""
        if tries < most:
            asyncio.get_running_loop().call_later(backoff(tries, retry_after), self._retry, item)
            return
        self._trouble = str(error)
        self._state.failed += 1 + len(item.same)
        self._in_a_row += 1
        self._leave(item)
        if self._in_a_row == _HOPELESS:
            self._stop(RequestsFailed(self._failures()))

    def _retry(self, item: _Item) -> None:
        self._ready.appendleft(item)
        self._pump()

    def _failures(self) -> str:
        count = self._state.failed
        return (
            f"{count:,} request{'s' if count > 1 else ''} failed at every try (last: {self._trouble}). "
            "What was answered is stored. Run the same command again to go on."
        )

    def _stop(self, error: BaseException) -> None:
        self._error = self._error or error
        self._progressed.set()

    # Answers

    def _got(self, item: _Item, answer: Answer) -> None:
        """Have an answer stored.

        A server that refuses every request as bad has trouble of its own: such answers aren't stored, for good, before
        another one was fine.
        """
        if answer.response.error == "bad_request" and not self._state.answered:
            self._doubtful.append((item, answer))
            if len(self._doubtful) == _HOPELESS:
                words = answer.response.text
                self._stop(ModelError(f"the server refuses every request of model {answer.request.model!r}: {words}"))
            self._progressed.set()
            return
        self._in_a_row = 0
        self._unwritten.append((item, answer))
        self._written.set()
        self._trust_doubtful()

    def _trust_doubtful(self) -> None:
        self._unwritten += self._doubtful
        self._doubtful = []
        self._written.set()

    async def _write(self) -> None:
        """Store answers as they come, those of a moment in one transaction."""
        while True:
            await self._written.wait()
            self._written.clear()
            self._writing, self._unwritten = self._unwritten, []
            try:
                await asyncio.to_thread(self._store.put_many, [answer for _, answer in self._writing])
                for item, answer in self._writing:
                    self._state.usage.setdefault(answer.request.model, Usage()).add(answer.response, answer.cost)
                    self._finish(item, answer.response, new=True)
            except Exception as error:
                self._stop(error)
                return
            self._writing = []
            self._pump()
            await asyncio.sleep(_WRITES_APART)

    def _finish(self, item: _Item, response: Response, *, new: bool) -> None:
        """Count an answer that is stored, and ask what follows from it."""
        for number, request in enumerate((item.request, *item.same)):
            if new and number == 0:
                self._state.answered += 1
            else:
                self._state.stored += 1
            if response.error:
                self._state.errors[response.error] = self._state.errors.get(response.error, 0) + 1
            if self._follow_up and (further := self._follow_up(request, response)):
                self._extra.append(further)
                self._state.follow_ups += 1
                if self._state.total is not None:
                    self._state.total += 1
        self._leave(item)

    def _leave(self, item: _Item) -> None:
        del self._on_way[item.key]
        self._progressed.set()


def _draw(requests: Iterator[Request]) -> list[tuple[str, Request]]:
    return [(request.key(), request) for request in itertools.islice(requests, _CHUNK)]
