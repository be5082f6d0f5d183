"""Addresses: which two are one page, how they are written, which lead into a trap or a private network."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

# Parameters that follow the reader or change on every visit, and say nothing of the page: trackers, tokens of a
# session, and where Liferay would lead back to.
_DROPPED = re.compile(
    r"utm_\w+|fbclid|gclid|gidzl|zarsrc|zalo_\w+|yclid|msclkid|igshid|mc_[ce]id|_ga|_gl|p_p_auth|p_auth|inheritRedirect"
    r"|(?:\w*_)?(?:redirect|backURL)|phpsessid|jsessionid|aspsessionid\w*",
    re.IGNORECASE,
)
_SESSION_PATH = re.compile(r";jsessionid=[^/?#;]*", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?"
_LANGUAGES = frozenset(
    [
        "en",
        "vi",
        "vn",
        "eng",
        "vie",
        "english",
        "tieng-viet",
        "fr",
        "zh",
        "cn",
        "jp",
        "ja",
        "ko",
        "kr",
        "ru",
        "lo",
        "km",
    ]
)
MOST_SEGMENTS = 24
MOST_CHARACTERS = 2000


def encoded(url: str) -> str:
    """The address in ASCII, as it is asked for: percent-encoded, host in IDNA; no fragment, tracker or session token.

    Raises ``ValueError``.
    """
    parts = urlsplit(url.strip())
    host = _host(parts.hostname or "", parts.port, parts.scheme)
    path = quote(_SESSION_PATH.sub("", parts.path) or "/", safe=_PATH_SAFE)
    query = "&".join(
        pair for pair in parts.query.split("&") if pair and not _DROPPED.fullmatch(unquote(pair.partition("=")[0]))
    )
    return urlunsplit((parts.scheme.lower(), host, path, quote(query, safe=_QUERY_SAFE), ""))


def resolved(base: str, link: str) -> str | None:
    """A link on the page ``base`` as an address that can be asked for; None for mail, scripts and what is broken."""
    try:
        url = urljoin(base, link.strip())
        return encoded(url) if urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname else None
    except ValueError:
        return None


def identity(url: str) -> str:
    """Key under which the addresses of one page are equal.

    Parameters are kept, whatever their names (``nid``, ``ID``, ``dinhdanh``, ``tinTucId``, ``_cur`` tell articles and
    list pages apart) but for those that ``encoded`` drops; their order, the scheme, a final slash and the Unicode form
    make no difference.
    """
    parts = urlsplit(encoded(url))
    path = quote(unicodedata.normalize("NFC", unquote(parts.path)), safe=_PATH_SAFE.replace("%", ""))
    pairs = [
        (name, unicodedata.normalize("NFC", value)) for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    query = urlencode(sorted(pairs))
    return f"//{parts.netloc}{path.rstrip('/') or '/'}" + (f"?{query}" if query else "")


def host_of(url: str) -> str:
    """Host, with the port where it is not the scheme's own: the unit of politeness."""
    parts = urlsplit(url)
    return _host(parts.hostname or "", parts.port, parts.scheme)


def origin_of(url: str) -> str:
    """Scheme and host: what a robots.txt speaks for."""
    return f"{urlsplit(url).scheme}://{host_of(url)}"


def _host(hostname: str, port: int | None, scheme: str) -> str:
    name = hostname.lower().rstrip(".")
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    if ":" in name:
        name = f"[{name}]"
    return name if port in (None, _DEFAULT_PORTS.get(scheme.lower())) else f"{name}:{port}"


def trap_in(url: str) -> str | None:
    """What makes an address look like an endless path, or None."""
    if len(url) > MOST_CHARACTERS:
        return f"address of {len(url)} characters"
    segments = [segment.lower() for segment in urlsplit(url).path.split("/") if segment]
    if len(segments) > MOST_SEGMENTS:
        return f"path of {len(segments)} segments"
    if sum(segment in _LANGUAGES for segment in segments) > 1:
        return "language segments repeat in the path"
    segment, count = Counter(segments).most_common(1)[0] if segments else ("", 0)
    return f"path segment {segment!r} occurs {count} times" if count > 2 else None


def is_open(address: str, allowed: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network] = ()) -> bool:
    """Whether an IP address lies on the open web, or in a network that the source may reach."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_open(str(inner), allowed)
    if any(ip.version == network.version and ip in network for network in allowed):
        return True
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
