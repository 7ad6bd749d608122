"""Asking a language model's server: how much of what is possible is reached, and what memory 100,000 requests take.

python benchmarks/generation.py            # about five minutes
python benchmarks/generation.py --quick    # to see that it works

One server process (200 ms, 3 KB, 2 % 429, 1 % 500), one client process, 256 requests in flight. The ideal is 256 / 200 ms. The
limit is a loop of bare aiohttp that keeps nothing and tries nothing again. Each client's rate leaves out its first eighth and its
last sixteenth, so that neither imports nor the wait for the last answers count.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median

import msgspec
from measure import table

HERE = Path(__file__).parent
LATENCY, IN_FLIGHT = 0.2, 256
CLIENTS = {
    "bare": "bare aiohttp: no store, no checks, no second tries",
    "package": "`openai`, its default transport",
    "aiohttp": "`openai` over aiohttp (`DefaultAioHttpClient`)",
    "ours": "ours: stored, answers validated, failures tried again",
}
SLOWER = {"package": 6, "aiohttp": 2}  # they get so many times fewer requests


class Turn(msgspec.Struct, forbid_unknown_fields=True):
    user: str
    assistant: str


class Conversation(msgspec.Struct, forbid_unknown_fields=True):
    turns: list[Turn]


def body(number: int) -> dict[str, object]:
    return {
        "model": "fast",
        "messages": [
            {"role": "system", "content": "You see the picture. " * 75},
            {"role": "user", "content": f"Picture {number}. " + "A tram stands in the rain. " * 60},
        ],
        "max_tokens": 1024,
        "temperature": 0.8,
        "seed": number,
    }


class Clock:
    """Rate, CPU and memory, at an eighth, at the middle, and a sixteenth before the end."""

    def __init__(self, total: int) -> None:
        self.points = (total // 8, total // 2, total - total // 16)
        self.count = 0
        self.marks: list[tuple[float, float, float]] = []

    def answered(self) -> None:
        self.count += 1
        if self.count in self.points:
            memory = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
            self.marks.append((time.perf_counter(), time.process_time(), memory))

    def told(self) -> dict[str, object]:
        (start, cpu_start, _), _, (end, cpu_end, _) = self.marks
        answers = self.points[-1] - self.points[0]
        return {
            "rate": answers / (end - start),
            "cpu": 1000 * (cpu_end - cpu_start) / answers,
            "memory": [round(memory) for _, _, memory in self.marks],
        }


def ours(port: str, total: int) -> Clock:
    from vlit_hub.generation.requests import Request, Response, Settings
    from vlit_hub.generation.run import generate
    from vlit_hub.generation.structured import parse, schema_of

    schema = schema_of(Conversation)
    clock = Clock(total)

    def requests() -> Iterator[Request]:
        for number in range(total):
            asked = body(number)
            asked["messages"] = tuple(asked["messages"])  # type: ignore[arg-type]
            yield Request(schema=schema, **asked)  # type: ignore[arg-type]

    def validate(request: Request, response: Response) -> None:
        parse(response.text, Conversation)
        clock.answered()

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            base_url=f"http://127.0.0.1:{port}/v1", store=f"{folder}/responses.sqlite", concurrency=IN_FLIGHT
        )
        generate(requests(), settings, total=total, follow_up=validate)
    return clock


def others(client: str, port: str, total: int) -> Clock:
    clock = Clock(total)

    async def run() -> None:
        import aiohttp
        import openai

        url = f"http://127.0.0.1:{port}/v1"
        one: Callable[[int], Awaitable[None]]
        if client == "bare":
            connections = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT))

            async def one(number: int) -> None:
                content = msgspec.json.encode(body(number))
                head = {"content-type": "application/json"}
                async with connections.post(f"{url}/chat/completions", data=content, headers=head) as answer:
                    msgspec.json.decode(await answer.read())

            close = connections.close
        else:
            http = openai.DefaultAioHttpClient() if client == "aiohttp" else None
            asking = openai.AsyncOpenAI(base_url=url, api_key="EMPTY", http_client=http, max_retries=0)

            async def one(number: int) -> None:
                try:
                    await asking.chat.completions.create(**body(number))  # type: ignore[call-overload]
                except openai.APIStatusError:
                    return

            close = asking.close
        numbers = iter(range(total))

        async def work() -> None:
            for number in numbers:
                await one(number)
                clock.answered()

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
        await close()

    asyncio.run(run())
    return clock


def measured(client: str, port: str, total: int) -> dict[str, object]:
    command = [sys.executable, __file__, client, port, str(total)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def server(latency: float, *shares: float) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, str(HERE / "model_server.py"), str(latency), *map(str, shares)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().strip()


def main(quick: bool) -> None:
    rounds, total, many = (1, 3_000, 6_000) if quick else (3, 5_000, 100_000)
    process, port = server(LATENCY, 0.02, 0.01)
    found: dict[str, list[dict[str, object]]] = {client: [] for client in CLIENTS}
    for _ in range(rounds):
        for client in CLIENTS:
            found[client].append(measured(client, port, total // SLOWER.get(client, 1)))
    process.kill()
    ideal = IN_FLIGHT / LATENCY
    rows: list[list[object]] = []
    for client, runs in found.items():
        shares = [float(str(run["rate"])) / ideal for run in runs]
        cpu = median(float(str(run["cpu"])) for run in runs)
        spread = f"{min(shares):.2f}-{max(shares):.2f}"
        rows.append([CLIENTS[client], f"{median(shares):.2f}", spread, f"{cpu:.2f}"])
    print(table(["client", "share of the ideal (median)", f"of {rounds} rounds", "CPU ms a request"], rows))
    process, port = server(0.0, 0.02, 0.01)
    run = measured("ours", port, many)
    process.kill()
    start, middle, end = run["memory"]  # type: ignore[misc]
    print(
        f"\n{many:,} requests without latency: {start} MB resident after an eighth, {middle} MB at the middle, "
        f"{end} MB a sixteenth before the end; {run['rate']:.0f} requests a second."
    )


if __name__ == "__main__":
    if len(sys.argv) == 4:
        client, port, total = sys.argv[1], sys.argv[2], int(sys.argv[3])
        print(json.dumps((ours(port, total) if client == "ours" else others(client, port, total)).told()))
    else:
        main("--quick" in sys.argv)
