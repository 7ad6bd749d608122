"""A server of chat completions that costs next to nothing, to measure clients with.

python benchmarks/model_server.py LATENCY SHARE_OF_429 SHARE_OF_500

It prints its port. Every answer is a conversation of 3 KB after LATENCY seconds; the shares are drawn with a fixed seed.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys

TURNS = [{"user": f"What is beside object {n}?", "assistant": "It stands by the wall. " * 24} for n in range(5)]
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "fast-1",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": json.dumps({"turns": TURNS})}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 700, "completion_tokens": 750, "total_tokens": 1450},
}


def response(status: str, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


GOOD = response("200 OK", ANSWER)
THROTTLED = response("429 Too Many Requests", {"error": {"message": "Rate limit reached"}})
FAILED = response("500 Internal Server Error", {"error": {"message": "The server had an error"}})


class Connection(asyncio.Protocol):
    def __init__(self, latency: float, share_429: float, share_500: float, draw: random.Random) -> None:
        self.latency, self.share_429, self.share_500, self.draw = latency, share_429, share_500, draw
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].lower()
            _, found, rest = head.partition(b"content-length:")
            length = int(rest.split(b"\r\n", 1)[0]) if found else 0
            if len(self.received) < end + 4 + length:
                return
            self.received = self.received[end + 4 + length :]
            drawn = self.draw.random()
            answer = (
                THROTTLED if drawn < self.share_429 else FAILED if drawn < self.share_429 + self.share_500 else GOOD
            )
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.transport.write, answer)
            else:
                self.transport.write(answer)


async def main(latency: float, share_429: float, share_500: float) -> None:
    draw = random.Random(1)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(latency, share_429, share_500, draw), "127.0.0.1", 0, backlog=2048
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*map(float, sys.argv[1:4])))
