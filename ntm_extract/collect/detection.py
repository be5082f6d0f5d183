"""Which family an unknown portal belongs to, and what collecting from it would fetch."""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from protego import Protego

from ntm_extract.collect import portal
from ntm_extract.collect.address import encoded, host_of, is_open, origin_of, resolved
from ntm_extract.collect.fetch import AGENT, Fetcher, FetchError, Reply
from ntm_extract.errors import CollectError
from ntm_extract.sources import HomePlace, Network, Pace, Source


@dataclass(frozen=True, slots=True)
class Detection:
    """What ``detect`` found: the family, and what collecting from this page would ask for first.

    ``allowed`` is what robots.txt says of this page, ``delay`` the seconds between requests that it asks for.
    """

    url: str
    status: int
    allowed: bool
    delay: float
    family: str | None = None
    family_name: str | None = None
    role: str | None = None
    articles: tuple[portal.Item, ...] = ()
    next: str | None = None
    feeds: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


def detect(url: str, *, network: Network | None = None, folder: Path | None = None) -> Detection:
    """Which family a page belongs to, and what collecting from it would fetch; only it and robots.txt are asked for.

    Redirects of the page are followed within its host. A private address may be asked only as it is written in ``url``
    itself, or with ``network``. Raises ``CollectError``.
    """
    try:
        here = encoded(url if "//" in url else f"https://{url}")
    except ValueError:
        raise CollectError("not an address", where=url, mend="write it with https://") from None
    if urlsplit(here).scheme not in ("http", "https"):
        raise CollectError("not an address of the web", where=url, mend="write it with https://")
    fetcher = Fetcher(network or _written_out(here), Pace(), folder=folder)
    try:
        robots = fetcher.fetch(f"{origin_of(here)}/robots.txt", most=512_000, partial=True)
        if robots.status >= 500 or robots.status == 429:
            raise CollectError(f"robots.txt cannot be had (status {robots.status})", where=url, mend="try again later")
        rules = Protego.parse(portal.decoded(robots.content, None)[0] if robots.status < 400 else "")
        delay = float(rules.crawl_delay(AGENT) or 0)
        if not rules.can_fetch(here, AGENT):
            return Detection(here, 0, False, delay)
        reply = _followed(fetcher, here, delay)
    except FetchError as fault:
        raise CollectError(
            f"{fault.kind}: {fault.detail}", where=url, mend="check the address, or try again later"
        ) from None
    finally:
        fetcher.close()
    return _detected(reply, delay)


def _written_out(url: str) -> Network:
    """The one private address that stands in ``url`` itself, if any, may be asked."""
    name = urlsplit(url).hostname or ""
    try:
        address = str(ipaddress.ip_address(name))
    except ValueError:
        if name != "localhost":
            return Network()
        address = socket.gethostbyname(name)
    return Network() if is_open(address) else Network(private=(address,))


def _followed(fetcher: Fetcher, url: str, delay: float) -> Reply:
    for _ in range(5):
        time.sleep(min(delay, 30.0))
        reply = fetcher.fetch(url)
        target = resolved(url, reply.headers.get("location", "")) if 300 <= reply.status < 400 else None
        if target is None or host_of(target) != host_of(url):
            return reply
        url = target
    raise FetchError("redirect loop", "more than 5 redirects")


def _detected(reply: Reply, delay: float) -> Detection:
    text, _ = portal.decoded(reply.content, reply.charset)
    tree = portal.parse_page(text)
    if tree is None:
        return Detection(reply.url, reply.status, True, delay)
    links = [link for link in (resolved(reply.url, node.get("href") or "") for node in tree.iter("a")) if link]
    family = portal.detect_portal(reply.url, text, [link for link in links if host_of(link) == host_of(reply.url)])
    feeds = portal.feeds_of(tree, reply.url)
    if family is None:
        return Detection(reply.url, reply.status, True, delay, feeds=feeds)
    probe = Source.model_validate(
        {
            "name": "probe",
            "publisher": host_of(reply.url),
            "family": family.family,
            "kind": "listing",
            "home": HomePlace(province="-"),
            "start": (reply.url,),
        }
    )
    found = portal.read_list(tree, reply.url, probe)
    role = "article" if family.article.search(reply.url) else "list"
    step = found.next.url if found.next and role == "list" else None
    if found.next and found.next.form is not None:
        step = f"{found.next.url} (POST {found.next.form['__EVENTTARGET']} {found.next.form['__EVENTARGUMENT']})"
    documents = portal.read_documents(tree, reply.url, probe) if role == "article" else ()
    name, items = family.name, found.items
    return Detection(reply.url, reply.status, True, delay, family.family, name, role, items, step, feeds, documents)
