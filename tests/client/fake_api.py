"""A fake API that answers from a table: on a transport, or over HTTP."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx

Answers = dict[str, Any]
"""By method and path what is answered: JSON, bytes, ``(status, JSON)``, an exception, or what makes one."""


class FakeApi:
    """Answers from a table, and keeps the requests."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers[f"{request.method} {request.url.path}"]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Callable):  # type: ignore[arg-type]
            answer = answer(request)
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return httpx.Response(status, json=body)


@contextmanager
def served(answers: Answers) -> Iterator[str]:
    """Serve answers on a port of this machine; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers[self.path.partition("?")[0]]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def user(user_id: str, **attributes: Any) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "version": 1,
        "head": "0" * 64,
        "status": "active",
        "created_at": "2030-01-31T12:00:00.000000Z",
        "updated_at": "2030-01-31T12:00:00.000000Z",
        **attributes,
    }
