"""Real servers on the loopback, with a log of what they were asked, for portals that a test makes up."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ntm_extract.collect import collect
from ntm_extract.sources import Source

NTM = "Hội nghị bàn việc xây dựng nông thôn mới của xã"


@dataclass(frozen=True)
class Hit:
    """A request as the server saw it."""

    at: float
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What a server says; ``raw`` replaces the whole of it, ``stream`` its body."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    stream: Callable[[Any], None] | None = None


Routes = Callable[[Hit], Answer]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A thread that drips an endless answer is not waited for.
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""


class Portal:
    """A server that runs; ``hits`` is what it was asked, in order."""

    def __init__(self, routes: Routes, ip: str = "127.0.0.1", tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.hits: list[Hit] = []
        portal = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10
            # Head and body in one packet: two of them wait for each other's acknowledgement.
            wbufsize = -1

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                hit = Hit(time.time(), self.command, self.path, headers, body)
                portal.hits.append(hit)
                self._say(portal.routes(hit))

            def _say(self, answer: Answer) -> None:
                if answer.raw is not None:
                    self.wfile.write(answer.raw)
                    self.close_connection = True
                    return
                payload = answer.body.encode() if isinstance(answer.body, str) else answer.body
                headers = {"Content-Type": "text/html; charset=utf-8", **answer.headers}
                if answer.stream is None:
                    headers.setdefault("Content-Length", str(len(payload)))
                self.send_response(answer.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if answer.stream is not None:
                    self.close_connection = True
                    answer.stream(self.wfile)
                else:
                    self.wfile.write(payload)

            do_GET = _serve  # noqa: N815
            do_POST = _serve  # noqa: N815

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.routes = routes
        self._server = _Server((ip, port), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.host = f"{ip}:{self._server.server_address[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, *, robots: bool = False) -> list[str]:
        """Paths in the order in which they were asked for."""
        return [hit.path for hit in self.hits if robots or hit.path != "/robots.txt"]


@contextmanager
def serving(routes: Routes, ip: str = "127.0.0.1", **options: Any) -> Iterator[Portal]:
    """A portal for as long as the block lasts."""
    portal = Portal(routes, ip, **options)
    try:
        yield portal
    finally:
        portal.close()


def article(number: int, words: str = "") -> str:
    """Page of an article, unlike every other one."""
    unlike = " ".join(f"từ{chr(97 + int(digit))}" for digit in str(number))
    return (
        f"<html><head><title>Tin {number}</title></head><body><h1>{NTM} {unlike}</h1>"
        f"<p>Ngày đăng {1 + number % 28:02}/03/2023</p><p>{words or 'Xã phấn đấu về đích trong năm nay.'} {unlike}</p>"
        f"<p>Lượt xem: {time.time_ns()}</p></body></html>"
    )


class SmallPortal:
    """Routes of a portal in the shape of family F: ``/tin-tuc/`` in pages of ``per_page``, and its articles."""

    def __init__(self, articles: int = 6, per_page: int = 3, robots: str = "User-agent: *\nDisallow: /kin/\n") -> None:
        self.articles, self.per_page, self.robots = articles, per_page, robots
        self.etags = True
        self.newest_first = False
        self.extra: dict[str, Answer] = {}

    def pages(self) -> int:
        return -(-self.articles // self.per_page)

    def path(self, number: int) -> str:
        return f"/tin-tuc/bai-viet-so-{number:05}.html"

    def __call__(self, hit: Hit) -> Answer:
        path, _, query = hit.path.partition("?")
        if path in self.extra:
            return self.extra[path]
        if path == "/robots.txt":
            return Answer(self.robots, headers={"Content-Type": "text/plain"})
        if path == "/tin-tuc/":
            number = int(query.partition("page=")[2] or 1)
            return self.list_page(number)
        if path.startswith("/tin-tuc/bai-viet-so-") and int(path[-10:-5]) <= self.articles:
            tag = f'"v{path[-10:-5]}"'
            if self.etags and hit.headers.get("if-none-match") == tag:
                return Answer(status=304, headers={"ETag": tag})
            return Answer(article(int(path[-10:-5])), headers={"ETag": tag} if self.etags else {})
        return Answer("<html><body>Không tìm thấy</body></html>", 404)

    def listed(self, first: int) -> list[int]:
        numbers = range(first, min(first + self.per_page, self.articles + 1))
        return [self.articles + 1 - number for number in numbers] if self.newest_first else list(numbers)

    def list_page(self, number: int) -> Answer:
        first = (number - 1) * self.per_page + 1
        rows = "".join(
            f'<li><a href="{self.path(at)}?utm_source=rss">{NTM} {at}</a> <span>{1 + at % 28:02}/03/2023</span></li>'
            for at in self.listed(first)
        )
        pager = "".join(f'<a href="/tin-tuc/?page={at}">{at}</a> ' for at in range(1, self.pages() + 1))
        return Answer(f"<html><body><ul>{rows}</ul><div class=pager>{pager}</div></body></html>")


def source_of(portal: Portal | str, name: str = "mine", **fields: Any) -> Source:
    """A source that collects a portal's ``/tin-tuc/`` as fast as tests can be waited for."""
    base = portal if isinstance(portal, str) else portal.url
    row: dict[str, Any] = {
        "name": name,
        "publisher": "Cổng thử nghiệm",
        "family": "F",
        "kind": "listing",
        "home": {"province": "Nghệ An"},
        "start": [f"{base}/tin-tuc/"],
        "keywords": ["nông thôn mới"],
        "network": {"private": ["127.0.0.0/8"]},
        "folder": Path(),
    }
    row["pace"] = {"seconds": 0, "timeout": 3, "deadline": 8, "patience": 8, "attempts": 2, **fields.pop("pace", {})}
    return Source.model_validate({**row, **fields})


def collect_in_a_process(urls: list[str], folder: str, paces: dict[str, float]) -> None:
    """What a process that is to be killed does; exit status 3 where it was interrupted instead."""
    sources = [source_of(url, f"s{number}", pace=paces) for number, url in enumerate(urls)]
    summary = collect(sources, folder, archives=(), moved=())
    os._exit(3 if summary.interrupted else 0)
