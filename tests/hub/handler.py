"""One HTTP connection: reads requests, applies faults, finds the route, sends replies."""

from __future__ import annotations

import socket
import socketserver
import struct
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.hub import faults, refusals, routes_commit, routes_files, routes_lfs, routes_repos  # noqa: F401
from tests.hub.faults import Rule
from tests.hub.log import Exchange
from tests.hub.wire import CHUNK, FilePart, Reply, Request, find_route, json_reply

if TYPE_CHECKING:
    from tests.hub.server import Hub


class Cut(Exception):
    """The connection ends here, on purpose."""


class Server(ThreadingHTTPServer):
    """A listening socket; closing it also closes the connections that clients keep open."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, hub: Hub, plane: str, port: int) -> None:
        self.hub = hub
        self.plane = plane
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer would ask the name service for our name, which can hang

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        self._open.discard(request)
        super().close_request(request)

    def server_close(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # already gone
        super().server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def serve(self) -> None:
        hub, plane = self.server.hub, self.server.plane
        exchange = hub.log.open(plane, self.command, hub.accounts.redact(self.path))
        request = Request(hub, self.command, self.path, self.headers, self.rfile, exchange)
        start = time.monotonic()
        try:
            self._answer(request, exchange)
        except Cut:
            self.close_connection = True
        except ConnectionError:
            exchange.fault = exchange.fault or "the client went away"
            self.close_connection = True
        except Exception:  # a mistake in the server, or in an action that a test gave to `before`
            hub.log.crashes.append(f"{exchange}\n{hub.accounts.redact(traceback.format_exc())}")
            self.close_connection = True
        finally:
            hub.log.close(exchange, time.monotonic() - start)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve

    def _answer(self, request: Request, exchange: Exchange) -> None:
        hub, plane = self.server.hub, self.server.plane
        rules = hub.faults.take(request.method, exchange.target)
        exchange.fault = ", ".join(map(str, rules))
        breaking = None
        for rule in rules:
            if rule.kind == "slow":
                hub.stopping.wait(rule.seconds)
            elif rule.action is not None:
                rule.action()
            else:
                breaking = rule
        if breaking and breaking.kind == "cut" and breaking.where == "upload":
            for _ in request.chunks(breaking.after):
                pass
            self._hang_up(breaking)
        if breaking and breaking.kind == "fail" and not breaking.landed:
            request.drain()
            reply = Reply(*faults.answer(breaking, plane))
        else:
            reply = self._reply(request)
            if breaking and breaking.kind == "fail":
                reply = Reply(*faults.answer(breaking, plane))
        request.drain()  # what the route didn't read would be taken for the next request
        self._send(request, reply, breaking if breaking and breaking.kind == "cut" else None)

    def _reply(self, request: Request) -> Reply:
        """The answer of the route, or of whatever stood in its way."""
        hub, plane = self.server.hub, self.server.plane
        request.look_for_tokens(request.target.encode(), "address")
        for name, value in request.headers.items():
            if plane == "storage" or name.lower() != "authorization":
                request.look_for_tokens(value.encode(), f"header {name}")
        try:
            if request.headers.get("Transfer-Encoding"):
                self.close_connection = True
                raise refusals.Refusal(501, "A body needs a Content-Length")
            if plane == "hub":
                try:
                    request.token = hub.accounts.identify(request.headers.get("Authorization"))
                except LookupError:
                    raise refusals.bad_token() from None
                request.entry.user = request.token.user if request.token else None
            found = find_route(plane, request.method, request.path)
            if found is None:
                raise self._nowhere(request)
            function, groups = found
            return function(request, **groups)
        except refusals.Refusal as refusal:
            headers = {"X-Error-Message": refusal.message, **refusal.headers}
            if refusal.code:
                headers["X-Error-Code"] = refusal.code
            return json_reply({"error": refusal.message, **refusal.body}, refusal.status, headers)

    def _nowhere(self, request: Request) -> refusals.Refusal:
        """An address that no route takes. One of a dataset without a namespace is a dataset that isn't there."""
        if request.path.startswith(("/api/datasets/", "/datasets/")) and "/xet-" not in request.path:
            return refusals.repo_not_found(request.token)
        return refusals.Refusal(404, "Sorry, we can't find the page you are looking for.")

    def _send(self, request: Request, reply: Reply, cut: Rule | None) -> None:
        exchange = request.entry
        exchange.status = reply.status
        length = reply.body.length if isinstance(reply.body, FilePart) else len(reply.body)
        headers = {**reply.headers, "Content-Length": str(length), "X-Request-Id": f"hub-{exchange.number}"}
        head = f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('',))[0]}\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in headers.items()
        )
        if self.close_connection:
            head += "Connection: close\r\n"
        length = 0 if request.method == "HEAD" else min(length, cut.after) if cut else length
        if cut and not cut.after:
            self._hang_up(cut)
        data = head.encode("latin-1", "replace") + b"\r\n"
        if isinstance(reply.body, bytes):
            exchange.sent = length
            self.wfile.write(data + reply.body[:length])
        else:
            self.wfile.write(data)
            self._send_file(exchange, reply.body, length)
        if cut:
            self._hang_up(cut)

    def _send_file(self, exchange: Exchange, part: FilePart, length: int) -> None:
        with part.path.open("rb") as file:
            file.seek(part.start)
            while length:
                chunk = file.read(min(CHUNK, length))
                length -= len(chunk)
                exchange.sent += len(chunk)  # first: a client that has it all may look at the log at once
                self.wfile.write(chunk)

    def _hang_up(self, rule: Rule) -> None:
        """Close the connection, or reset it: then the client's system drops even what it has already received."""
        if rule.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()
        raise Cut

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: `Log` keeps what is worth keeping, without tokens."""
