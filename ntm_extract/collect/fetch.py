"""One request, with the bytes of both sides as they went over the wire, and with every bound that a stranger needs.

A ``Fetcher`` holds one session for one host. It neither follows redirects nor waits: who asks decides both. What goes
wrong is a ``FetchError`` with a name.
"""

from __future__ import annotations

import datetime as dt
import errno
import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

import ntm_extract
from ntm_extract.collect.address import is_open
from ntm_extract.sources import Network, Pace

AGENT = "ntm-extract"
MOST_BYTES = 30_000_000
_KEPT_OF_TRUNCATED = 65_536
_CHUNK = 65_536
# Faults of the line or the moment: asking again may help. All others are the page's or ours.
TRANSIENT = frozenset(("timeout", "refused", "connection lost", "no route", "dns", "broken response"))


class FetchError(Exception):
    """Why a page was not got: ``kind`` is a name that the journal keeps, ``detail`` a sentence."""

    def __init__(self, kind: str, detail: str, reply: Reply | None = None) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind, self.detail, self.reply = kind, detail, reply

    @property
    def transient(self) -> bool:
        """Whether asking again later may help."""
        return self.kind in TRANSIENT


@dataclass(frozen=True, slots=True)
class Reply:
    """A response and the request that brought it.

    ``sent`` and ``received`` are the bytes of the wire, ``content`` the payload with transfer and compression undone.
    ``truncated`` says why not all of it was read (``length``), in the words of the WARC standard.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    sent: bytes
    received: bytes
    captured: dt.datetime
    address: str | None = None
    tls: str | None = None
    cipher: str | None = None
    truncated: str | None = None

    @property
    def media_type(self) -> str | None:
        """Media type as the server says it, small letters, without parameters."""
        value = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return value or None

    @property
    def charset(self) -> str | None:
        """Charset as the server says it; None where it does not (and nothing is assumed)."""
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset" and value.strip(" \"'"):
                return value.strip(" \"'").lower()
        return None


class _PrivateAddressError(Exception):
    """The address of a host lies in a private network."""


class _Wire:
    """What went over a fetcher's line in the exchange under way."""

    def __init__(self, allowed: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> None:
        self.allowed = allowed
        self.sent = bytearray()
        self.received = bytearray()
        self.socket: Any = None
        self.address: str | None = None
        self.tls: tuple[str, str] | None = None

    def begin(self) -> None:
        self.sent.clear()
        self.received.clear()

    def check(self, host: str, port: int) -> None:
        """Raise ``_PrivateAddressError`` if any address that the name stands for is one that must not be asked."""
        for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            if not is_open(str(row[4][0]), self.allowed):
                raise _PrivateAddressError(f"{host} is {row[4][0]}, in a private network")


class _Tee(io.RawIOBase):
    """A response's file that keeps what is read from it."""

    def __init__(self, inner: Any, wire: _Wire) -> None:
        self._inner, self._wire = inner, wire

    def read(self, size: int | None = -1) -> bytes:
        return self._keep(self._inner.read(-1 if size is None else size))

    def read1(self, size: int = -1) -> bytes:
        return self._keep(self._inner.read1(size))

    def readline(self, size: int | None = -1) -> bytes:
        return self._keep(self._inner.readline(-1 if size is None else size))

    def readinto(self, buffer: Any) -> int:
        count = cast(int, self._inner.readinto(buffer))
        self._keep(bytes(memoryview(buffer)[:count]))
        return count

    def readable(self) -> bool:
        return True

    def flush(self) -> None:
        if not self._inner.closed:
            self._inner.flush()

    def close(self) -> None:
        self._inner.close()

    @property
    def closed(self) -> bool:
        return cast(bool, self._inner.closed)

    def _keep(self, data: bytes) -> bytes:
        self._wire.received += data
        return data


def _connections(wire: _Wire) -> dict[str, Any]:
    """Connection pools whose connections keep both sides of an exchange in ``wire`` and refuse private addresses."""

    class Response(http.client.HTTPResponse):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.fp = _Tee(self.fp, wire)  # type: ignore[assignment]

    class Tapped:
        def _new_conn(self: Any) -> Any:
            if self.proxy is None:
                try:
                    wire.check(self._dns_host, self.port)
                except socket.gaierror as error:
                    raise NameResolutionError(self.host, self, error) from error
            line = super()._new_conn()  # type: ignore[misc]
            peer = str(line.getpeername()[0])
            # Names can be answered differently a moment later: what counts is who is at the other end.
            if self.proxy is None and not is_open(peer, wire.allowed):
                line.close()
                raise _PrivateAddressError(f"{self.host} is {peer}, in a private network")
            wire.socket, wire.address, wire.tls = line, peer if self.proxy is None else None, None
            return line

        def connect(self: Any) -> None:
            super().connect()  # type: ignore[misc]
            wire.socket = self.sock
            if isinstance(self.sock, ssl.SSLSocket):
                cipher = self.sock.cipher()
                wire.tls = (self.sock.version() or "", cipher[0] if cipher else "")

        def putrequest(self: Any, *arguments: Any, **named: Any) -> None:
            wire.begin()
            super().putrequest(*arguments, **named)  # type: ignore[misc]

        def send(self: Any, data: Any) -> None:
            if isinstance(data, bytes | bytearray):
                wire.sent += data
            super().send(data)  # type: ignore[misc]

    class Plain(Tapped, HTTPConnection):
        response_class = Response

    class Secure(Tapped, HTTPSConnection):
        response_class = Response

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _PacedRetry(urllib3.Retry):
    """Retries of a line that broke, after waits in which the host is left alone; stopped with the run."""

    def __init__(self, *arguments: Any, stop: threading.Event | None = None, pause: float = 1.0, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.stop, self.pause = stop or threading.Event(), pause

    def new(self, **named: Any) -> _PacedRetry:
        return super().new(**named, stop=self.stop, pause=self.pause)

    def sleep(self, response: Any = None) -> None:
        if self.stop.wait(self.pause * 2 ** max(0, len(self.history) - 1)):
            raise FetchError("interrupted", "stopped by the user")


class _Adapter(HTTPAdapter):
    """Transport of a fetcher: tapped connections, and a TLS context that always verifies."""

    def __init__(self, wire: _Wire, context: ssl.SSLContext, retry: _PacedRetry) -> None:
        self._pools, self._context = _connections(wire), context
        super().__init__(max_retries=retry, pool_connections=4, pool_maxsize=1)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: Any, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pools
        return manager


def tls_context(network: Network, folder: Path | None = None) -> ssl.SSLContext:
    """Context that verifies chain and name, with the source's certificates added to the trusted ones.

    An intermediate that a server forgets to send is found among them, but only a chain to a trusted root counts.
    """
    context = ssl.create_default_context()
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)
    for path in network.certificates:
        context.load_verify_locations(cafile=str((folder or Path()) / path))
    if network.seclevel is not None:
        context.set_ciphers(f"DEFAULT@SECLEVEL={network.seclevel}")
    return context


class Fetcher:
    """One session for one host. Not to be shared between threads, but for ``abort``."""

    def __init__(
        self, network: Network, pace: Pace, *, folder: Path | None = None, stop: threading.Event | None = None
    ) -> None:
        allowed = [ipaddress.ip_network(value) for value in network.private]
        self._wire = _Wire(allowed)
        self._pace = pace
        self._stop = stop or threading.Event()
        self.seclevel = network.seclevel
        retry = _PacedRetry(
            total=1,
            connect=1,
            read=0,
            redirect=0,
            status=0,
            other=0,
            allowed_methods=None,
            raise_on_status=False,
            raise_on_redirect=False,
            respect_retry_after_header=False,
            stop=self._stop,
            pause=max(1.0, pace.seconds),
        )
        self._session = requests.Session()
        # Credentials of a .netrc are nobody's business; proxies are named below.
        self._session.trust_env = False
        adapter = _Adapter(self._wire, tls_context(network, folder), retry)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers.update(
            {
                "User-Agent": f"{AGENT}/{ntm_extract.__version__} (research on public reports; obeys robots.txt)",
                "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "Accept-Language": "vi,en;q=0.5",
                "Accept-Encoding": "gzip, deflate",
            }
        )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def abort(self) -> None:
        """Break the exchange under way; from any thread."""
        line = self._wire.socket
        try:
            if line is not None:
                line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def fetch(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        most: int = MOST_BYTES,
        partial: bool = False,
    ) -> Reply:
        """Ask for one address, POST if there is a ``form``. Raises ``FetchError``.

        What is larger than ``most`` bytes, packed or unpacked, is an error; with ``partial`` it is cut there.
        """
        started = time.monotonic()
        overdue = threading.Timer(self._pace.deadline, self.abort)
        overdue.daemon = True
        overdue.start()
        try:
            reply = self._fetch(url, form, headers or {}, most, partial)
            # A line that was broken off by us ends like one that was closed: without the length said, no one can tell.
            if self._stop.is_set() or time.monotonic() - started >= self._pace.deadline:
                raise ConnectionAbortedError
            return reply
        except (
            FetchError,
            _PrivateAddressError,
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            if self._stop.is_set():
                raise FetchError("interrupted", "stopped by the user") from None
            if time.monotonic() - started >= self._pace.deadline:
                raise FetchError("timeout", f"no complete answer within {self._pace.deadline:g} s") from None
            raise _fault_of(error, self._pace) from None
        finally:
            overdue.cancel()

    def _fetch(
        self, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str], most: int, partial: bool
    ) -> Reply:
        request = requests.Request("POST" if form is not None else "GET", url, data=form, headers=dict(headers))
        prepared = self._session.prepare_request(request)
        # requests writes addresses anew in places; what stands in the journal is what is asked for.
        prepared.url = url
        captured = dt.datetime.now(dt.UTC)
        response = self._session.send(
            prepared,
            stream=True,
            allow_redirects=False,
            timeout=(min(self._pace.timeout, 20.0), self._pace.timeout),
            verify=True,
            proxies=self._proxies(url),
        )
        with response:
            body, truncated = self._body(response, most, partial)
            known = {name.lower(): value for name, value in response.headers.items()}
            received = bytes(self._wire.received)
            if truncated:
                received = received[:_KEPT_OF_TRUNCATED]
            reply = Reply(
                url=url,
                status=response.status_code,
                headers=known,
                content=b"",
                sent=bytes(self._wire.sent),
                received=received,
                captured=captured,
                address=self._wire.address,
                tls=self._wire.tls[0] if self._wire.tls else None,
                cipher=self._wire.tls[1] if self._wire.tls else None,
                truncated=truncated,
            )
        if truncated and not partial:
            raise FetchError(
                "too large", f"more than {most // 1_000_000 or most / 1e6:g} MB; the rest was not read", reply
            )
        return _with_content(reply, body, most, partial)

    def _proxies(self, url: str) -> dict[str, str]:
        """The proxies that the environment names; none on the way to a private address, which must pass our own check.

        What a proxy makes of a name is the proxy's affair: addresses that it finds are not seen here.
        """
        try:
            address = str(ipaddress.ip_address((urlsplit(url).hostname or "").strip("[]")))
        except ValueError:
            return dict(get_environ_proxies(url))
        return {} if not is_open(address) else dict(get_environ_proxies(url))

    def _body(self, response: requests.Response, most: int, partial: bool) -> tuple[bytes, str | None]:
        said = response.headers.get("content-length", "")
        if said.isdigit() and int(said) > most and not partial:
            self.abort()
            return b"", "length"
        body = bytearray()
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            body += chunk
            if len(body) > most:
                self.abort()
                return bytes(body[:most]), "length"
        return bytes(body), None


def _with_content(reply: Reply, body: bytes, most: int, partial: bool) -> Reply:
    content = body
    for coding in reversed([part.strip().lower() for part in reply.headers.get("content-encoding", "").split(",")]):
        if coding in ("gzip", "x-gzip", "deflate"):
            try:
                content = inflated(content, most, partial=partial)
            except OverflowError:
                raise FetchError(
                    "inflates too far", f"{len(body):,} bytes hold more than {most / 1e6:g} MB", _shortened(reply)
                ) from None
            except zlib.error as error:
                raise FetchError("broken response", f"{coding} cannot be undone ({error})", reply) from None
        elif coding not in ("", "identity"):
            raise FetchError("unknown encoding", f"content-encoding {coding!r} was not asked for", reply)
    return Reply(**{name: getattr(reply, name) for name in Reply.__slots__ if name != "content"}, content=content)


def _shortened(reply: Reply) -> Reply:
    values = {name: getattr(reply, name) for name in Reply.__slots__}
    return Reply(**{**values, "received": reply.received[:_KEPT_OF_TRUNCATED], "truncated": "length"})


def inflated(data: bytes, most: int, *, partial: bool = False) -> bytes:
    """Undo gzip or deflate, never to more than ``most`` bytes (``OverflowError``). Raises ``zlib.error``.

    ``partial`` gives what can be had within the bound, of data that may be cut, instead of an error.
    """
    if not data:
        return b""
    # 47: zlib or gzip by their header; servers that mean raw deflate begin with neither.
    bits = (
        47
        if data[:2] == b"\x1f\x8b"
        or (data[0] & 0x0F == 8 and (data[0] << 8 | data[1] if len(data) > 1 else 1) % 31 == 0)
        else -15
    )
    out = bytearray()
    rest = data
    while rest:
        worker = zlib.decompressobj(bits)
        out += worker.decompress(rest, most + 1 - len(out))
        if len(out) > most or worker.unconsumed_tail:
            if partial:
                return bytes(out[:most])
            raise OverflowError
        if not worker.eof and partial:
            break
        if not worker.eof:
            raise zlib.error("ends before its end")
        rest = worker.unused_data
        if rest[:2] != b"\x1f\x8b":
            break
    return bytes(out)


def _fault_of(error: Exception, pace: Pace) -> FetchError:
    """The name of what went wrong, found among an error's causes."""
    if isinstance(error, FetchError):
        return error
    chain: list[BaseException] = []
    pending: list[object] = [error]
    while pending:
        cause = pending.pop(0)
        if isinstance(cause, BaseException) and cause not in chain:
            chain.append(cause)
            pending += [getattr(cause, "reason", None), cause.__cause__, cause.__context__, *cause.args]
    for cause in chain:
        if isinstance(cause, _PrivateAddressError):
            return FetchError("private address", str(cause))
    for cause in chain:
        if isinstance(cause, NameResolutionError | socket.gaierror):
            return FetchError("dns", "the host's name has no address")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return FetchError("tls", f"the certificate does not verify ({cause.verify_message})")
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return FetchError("tls", f"no secure line ({cause.reason or cause})")
        if isinstance(cause, http.client.BadStatusLine) and not isinstance(cause, ConnectionError):
            return FetchError("broken response", "does not speak HTTP")
        if isinstance(cause, ConnectionRefusedError):
            return FetchError("refused", "the host refuses connections")
        if isinstance(cause, OSError) and cause.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
            return FetchError("no route", "the host cannot be reached")
    for cause in chain:
        if isinstance(
            cause, TimeoutError | requests.Timeout | ConnectTimeoutError | urllib3.exceptions.ReadTimeoutError
        ):
            return FetchError("timeout", f"no answer within {pace.timeout:g} s")
    for cause in chain:
        if isinstance(cause, NewConnectionError):
            return FetchError("refused", "no connection to the host")
        if isinstance(cause, http.client.IncompleteRead | ConnectionError | requests.ConnectionError):
            return FetchError("connection lost", "the host closed the line")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | ValueError):
        return FetchError("address", f"not an address that can be asked for ({error})")
    return FetchError("broken response", f"not a response that can be read ({type(chain[-1]).__name__})")
