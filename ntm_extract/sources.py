"""``corpora/sources/*.yml`` -> ``Source``: which portals are collected, how, and what is expected of them.

One file a source, named like it. Two tables stand beside the sources: ``moved_hosts.yml`` (hosts that moved or ended,
with dates) and ``archives.yml`` (the web archives that are asked, in order). Everything a user writes is validated
at once: ``SourceError`` carries every fault of every file, one to a line.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

import soupsieve
import yaml
from bs4 import BeautifulSoup
from lxml import etree
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ntm_extract.data_files import parse_yaml
from ntm_extract.errors import SourceError

Element = Any  # lxml-stubs name elements by a private class
Family = Literal["A", "B", "C", "D", "E", "F"]
Kind = Literal["listing", "sitemap", "feed", "wayback", "commoncrawl", "warc", "files"]
LIVE_KINDS: frozenset[str] = frozenset(("listing", "sitemap", "feed"))
ARCHIVE_KINDS: Mapping[str, str] = {"wayback": "internet-archive", "commoncrawl": "commoncrawl"}
MOVED_HOSTS = "moved_hosts.yml"
ARCHIVES = "archives.yml"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HOST = re.compile(r"(?!-)[a-z0-9.-]+(?::\d+)?")

# What a date form may be made of, in the notation of ``datetime.strptime``.
_DATE_PARTS = {
    "d": r"(?P<d>0?[1-9]|[12]\d|3[01])",
    "m": r"(?P<m>0?[1-9]|1[0-2])",
    "Y": r"(?P<Y>(?:19|20)\d\d)",
    "H": r"(?:[01]?\d|2[0-3])",
    "M": r"[0-5]\d",
    "S": r"[0-5]\d",
    "p": r"[APap][Mm]",
    "%": "%",
}


class _Strict(BaseModel):
    """A part of a source file: frozen, and a field it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class HomePlace(_Strict):
    """Where a source's articles are about, unless they say otherwise; names as they were when the portal was alive."""

    district: str | None = None
    province: str


class Selectors(_Strict):
    """CSS selectors, given only where the family's own ways of finding things fail; they come before those.

    ``links`` and ``next`` find articles and the next page in a list; ``title``, ``date`` and ``body`` stand in an
    article and are what is read of it: where one finds nothing the family's ways are gone, and if that happens in most
    articles an alarm is raised. ``valid_from`` and ``valid_to`` are the days between which pages were like that.
    """

    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    links: str | None = None
    next: str | None = None
    title: str | None = None
    date: str | None = None
    body: str | None = None

    @field_validator("links", "next", "title", "date", "body")
    @classmethod
    def _compiles(cls, selector: str | None) -> str | None:
        if selector is not None:
            try:
                soupsieve.compile(selector)
            except soupsieve.SelectorSyntaxError as error:
                raise ValueError(f"not a CSS selector: {str(error).splitlines()[0]}") from None
        return selector

    @model_validator(mode="after")
    def _in_order(self) -> Selectors:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError("valid_from is after valid_to")
        return self

    def valid_on(self, day: dt.date) -> bool:
        """Whether pages of that day are like that."""
        return (self.valid_from or dt.date.min) <= day <= (self.valid_to or dt.date.max)

    @property
    def of_article(self) -> dict[str, str]:
        """The selectors of an article's parts, by the part's name."""
        parts = {"title": self.title, "date": self.date, "body": self.body}
        return {part: selector for part, selector in parts.items() if selector is not None}


_NO_SELECTORS = Selectors()
_NUMBER = "data-ntm-n"


def select_in(tree: Element, selectors: Mapping[str, str]) -> dict[str, list[Element]]:
    """Elements of a page's tree (lxml) that each of the named CSS selectors finds, in reading order."""
    nodes = [node for node in tree.iter() if isinstance(node.tag, str)]
    for number, node in enumerate(nodes):
        node.set(_NUMBER, str(number))
    try:
        soup = BeautifulSoup(etree.tostring(tree, encoding="unicode", method="html"), "lxml")
    finally:
        for node in nodes:
            del node.attrib[_NUMBER]
    return {
        name: [nodes[int(str(found[_NUMBER]))] for found in soup.select(selector) if found.has_attr(_NUMBER)]
        for name, selector in selectors.items()
    }


class Pace(_Strict):
    """How gently a host is asked. Seconds; robots.txt may ask for more, never for less.

    ``patience`` is the longest wait for a host within one run: what must wait longer is left to the next run.
    """

    seconds: Annotated[float, Field(ge=0, le=600)] = 2.0
    timeout: Annotated[float, Field(gt=0, le=300)] = 30.0
    deadline: Annotated[float, Field(gt=0, le=3600)] = 180.0
    patience: Annotated[float, Field(ge=0, le=86400)] = 300.0
    attempts: Annotated[int, Field(ge=1, le=10)] = 3


class Network(_Strict):
    """What differs from the open web.

    ``private`` lists the networks (CIDR) on private or loopback addresses that this source may reach; ``certificates``
    are PEM files beside the source file (intermediates that a server forgets to send, or a root of one's own), added to
    the trusted roots: verification is never turned off. ``seclevel`` 1 allows the old keys of old servers.
    """

    private: tuple[str, ...] = ()
    certificates: tuple[Path, ...] = ()
    seclevel: Literal[1, 2] | None = None

    @field_validator("private")
    @classmethod
    def _networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            try:
                ipaddress.ip_network(value)
            except ValueError:
                raise ValueError(f"{value!r} is not a network; write it like 127.0.0.0/8") from None
        return values


class Documents(_Strict):
    """Documents that an article links to: its annex, the decision that it reports.

    Links to ``.docx``, ``.pdf``, ``.doc`` and ``.zip`` files on the source's own hosts are taken, and those on
    ``hosts``; ``links`` is a regular expression on addresses of documents that do not show what they are. ``most`` is
    the most that are taken of one article (0: none), ``total`` of one run; what is larger than ``megabytes`` is left.
    """

    most: Annotated[int, Field(ge=0, le=100)] = 5
    total: Annotated[int, Field(ge=0, le=100_000)] = 1000
    megabytes: Annotated[float, Field(gt=0, le=30)] = 20
    hosts: tuple[str, ...] = ()
    links: str | None = None

    @field_validator("links")
    @classmethod
    def _expression(cls, value: str | None) -> str | None:
        return _checked_expression(value)

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return _checked_hosts(hosts)


class FormerHosts(_Strict):
    """Where the source's pages stand in web archives, and the years in which they were alive.

    ``hosts`` are hosts, also former ones; one that is shared is narrowed by a path (``tinh.gov.vn/donvi/huyen``).
    """

    hosts: Annotated[tuple[str, ...], Field(min_length=1)]
    first: Annotated[int, Field(ge=1996, le=2100)] = 2010
    last: Annotated[int, Field(ge=1996, le=2100)] = 2100

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        _checked_hosts(tuple(host.partition("/")[0] for host in hosts))
        return hosts

    @model_validator(mode="after")
    def _in_order(self) -> FormerHosts:
        if self.first > self.last:
            raise ValueError("first is after last")
        return self


class Expectations(_Strict):
    """What a run must find, else an alarm is raised: the portal, or the profile that reads it, has changed.

    ``articles`` is the least and the most articles that the lists of one run name; ``dated`` the least share of article
    pages that show a date in one of the source's forms.
    """

    articles: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1)]] = (1, 100_000)
    dated: Annotated[float, Field(ge=0, le=1)] = 0.0

    @field_validator("articles")
    @classmethod
    def _in_order(cls, bounds: tuple[int, int]) -> tuple[int, int]:
        if bounds[0] > bounds[1]:
            raise ValueError("the least number of articles is larger than the most")
        return bounds


class Source(_Strict):
    """One news source. ``start`` holds lists, sitemaps or feeds, or for other kinds folders and files.

    ``keywords``: a page in which none of them occurs is kept as evidence and not as an article. ``article`` is a
    regular expression on addresses, for portals whose articles do not follow their family's. ``follow`` also takes the
    articles that an article links to. ``selectors`` may be several, one for each time in which the portal's pages were
    alike; the first that was valid on a page's day counts.
    """

    name: str
    publisher: Annotated[str, Field(min_length=3)]
    family: Family | None = None
    kind: Kind
    home: HomePlace
    start: Annotated[tuple[str, ...], Field(min_length=1)]
    hosts: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    article: str | None = None
    selectors: tuple[Selectors, ...] = ()
    dates: tuple[str, ...] = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
    pace: Pace = Pace()
    network: Network = Network()
    follow: bool = False
    pages: Annotated[int, Field(ge=1, le=10_000)] = 200
    documents: Documents = Documents()
    archives: FormerHosts | None = None
    expect: Expectations = Expectations()
    note: str | None = None
    folder: Annotated[Path | None, Field(exclude=True)] = None

    @field_validator("article")
    @classmethod
    def _expression(cls, value: str | None) -> str | None:
        return _checked_expression(value)

    @field_validator("selectors", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, dict | Selectors) else value

    @field_validator("dates")
    @classmethod
    def _forms(cls, forms: tuple[str, ...]) -> tuple[str, ...]:
        for form in forms:
            date_expression(form)
        return forms

    @field_validator("keywords")
    @classmethod
    def _composed(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(unicodedata.normalize("NFC", word) for word in words)

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return _checked_hosts(hosts)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Source:
        if self.kind in LIVE_KINDS:
            for url in self.start:
                parts = urlsplit(url)
                if parts.scheme not in ("http", "https") or not parts.hostname:
                    raise ValueError(f"start: {url!r} is not an address; write it with https://")
        if self.kind == "listing" and self.family is None and not self.article:
            raise ValueError(
                "family: a listing needs its family (A to F), or article (how its articles' addresses look)"
            )
        if self.kind in ARCHIVE_KINDS:
            _checked_hosts(tuple(start.split("/")[0] for start in self.start))
        return self

    def selectors_on(self, day: dt.date | None = None) -> Selectors:
        """Its selectors for pages of a day, today's if none is given."""
        when = day or dt.date.today()
        return next((version for version in self.selectors if version.valid_on(when)), _NO_SELECTORS)

    @property
    def live(self) -> bool:
        """Whether it is read from the portal itself."""
        return self.kind in LIVE_KINDS

    @property
    def own_hosts(self) -> frozenset[str]:
        """Hosts (with port, where it is not the usual one) whose pages may be this source's."""
        named = [re.sub(r":(?:80|443)$", "", urlsplit(url).netloc.lower()) for url in self.start if "//" in url]
        former = [host.partition("/")[0] for host in self.archives.hosts] if self.archives else []
        return frozenset((*filter(None, named), *self.hosts, *former))


def _checked_expression(value: str | None) -> str | None:
    if value is not None:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
    return value


def _checked_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise ValueError(f"{host!r} is not a host; write it like thachha.hatinh.gov.vn")
    return hosts


def date_expression(form: str) -> str:
    """Regular expression of a date form (``%H:%M %d/%m/%Y``); groups d, m and Y. Raises ``ValueError``."""
    parts: list[str] = []
    position = 0
    for found in re.finditer(r"%(.)", form):
        parts.append(re.escape(form[position : found.start()]))
        if found[1] not in _DATE_PARTS:
            raise ValueError(f"{form!r}: %{found[1]} is not known; use {' '.join('%' + key for key in _DATE_PARTS)}")
        parts.append(_DATE_PARTS[found[1]])
        position = found.end()
    parts.append(re.escape(form[position:]))
    expression = re.sub(r"(?:\\ )+", r"\\s*", "".join(parts))
    if any(form.count(f"%{part}") != 1 for part in "dmY"):
        raise ValueError(f"{form!r}: a date form needs %d, %m and %Y, once each")
    return rf"(?<!\d){expression}(?!\d)"


# ------------------------------------------------------------------ tables beside the sources


class MovedHost(_Strict):
    """A host, or the end of hosts' names, that moved or ended on a day.

    ``to`` is what replaces ``host`` at the end of the name; empty where nothing took its place. ``checked`` is the day
    on which somebody saw it; empty where it is only what the law makes likely.
    """

    host: str
    to: str | None = None
    since: dt.date
    why: str
    checked: dt.date | None = None

    @field_validator("host", "to")
    @classmethod
    def _is_host(cls, host: str | None) -> str | None:
        return host and _checked_hosts((host,))[0]

    def applies(self, host: str) -> bool:
        """Whether ``host`` is this one or stands under it."""
        return host == self.host or host.endswith("." + self.host)

    def renamed(self, host: str) -> str | None:
        """The host's name after the move, None where there is none."""
        return None if self.to is None else host[: len(host) - len(self.host)] + self.to


class Archive(_Strict):
    """A web archive: its index (a CDX server), and where the pages themselves are.

    ``index`` may hold ``{collection}``, which is filled from ``collections`` (a JSON list of objects with an ``id``
    and, where known, ``from`` and ``to``), newest first. ``pages`` holds ``{timestamp}`` and ``{url}`` for replay, or
    only ``{filename}`` where records are read from WARC files by range.
    """

    name: str
    dialect: Literal["ndjson", "arrays"]
    index: str
    collections: str | None = None
    pages: str
    pace: Pace = Pace()
    network: Network = Network()
    most_collections: Annotated[int, Field(ge=1)] = 12
    folder: Annotated[Path | None, Field(exclude=True)] = None

    @model_validator(mode="after")
    def _complete(self) -> Archive:
        if "{filename}" not in self.pages and not ("{timestamp}" in self.pages and "{url}" in self.pages):
            raise ValueError("pages: needs {timestamp} and {url}, or {filename}")
        if ("{collection}" in self.index) != (self.collections is not None):
            raise ValueError("index: {collection} and collections belong together")
        return self


_Model = TypeVar("_Model", bound=BaseModel)


def sources_folder() -> Path:
    """The folder of the sources that come with the package."""
    shipped = resources.files("ntm_extract").joinpath("_shipped/sources")
    if shipped.is_dir():
        return Path(str(shipped))
    return Path(__file__).resolve().parent.parent / "corpora" / "sources"


def load_sources(folder: Path | None = None, names: Iterable[str] | None = None) -> dict[str, Source]:
    """Sources by name; all of ``folder`` (default: those that ship), or those of ``names``, in their order.

    A name may also be the path of a source file of one's own. Raises ``SourceError`` with every fault of every file.
    """
    home = folder or sources_folder()
    faults: list[str] = []
    found: dict[str, Source] = {}
    if names is None:
        paths = [path for path in sorted(home.glob("*.yml")) if path.name not in (MOVED_HOSTS, ARCHIVES)]
        if not paths:
            faults.append(f"{home}: no source files (*.yml) in it; give the folder that holds them")
    else:
        paths = []
        for name in names:
            path = Path(name) if name.endswith((".yml", ".yaml")) else home / f"{name}.yml"
            if path.is_file():
                paths.append(path)
            else:
                known = ", ".join(sorted(path.stem for path in home.glob("*.yml")) or ["none"])
                faults.append(f"{name}: no such source; known here: {known}")
    for path in paths:
        row = _load_yaml(path, faults)
        if row is None:
            continue
        if not isinstance(row, dict):
            faults.append(f"{path}: not a mapping of fields; see the sources that ship with the package")
            continue
        if not _NAME.fullmatch(path.stem):
            faults.append(f"{path}: the file's name is the source's; use small letters, digits and hyphens")
        source = _validated(Source, {**row, "name": path.stem, "folder": path.parent}, str(path), faults)
        if source is not None:
            faults += _missing_files(source.network, path)
            found[source.name] = source
    if faults:
        raise SourceError(faults, where=home)
    return found


def load_moved_hosts(folder: Path | None = None) -> tuple[MovedHost, ...]:
    """The table of hosts that moved or ended, as it stands; empty where there is none. Raises ``SourceError``."""
    return _load_table((folder or sources_folder()) / MOVED_HOSTS, MovedHost)


def load_archives(folder: Path | None = None) -> tuple[Archive, ...]:
    """The web archives in the order in which they are asked; empty where there are none. Raises ``SourceError``."""
    return _load_table((folder or sources_folder()) / ARCHIVES, Archive)


def move_of(host: str, moved: Iterable[MovedHost], on: dt.date) -> MovedHost | None:
    """The move that befell ``host`` by ``on``; the most exact name wins, then the latest day."""
    fitting = [row for row in moved if row.since <= on and row.applies(host)]
    return max(fitting, key=lambda row: (len(row.host), row.since), default=None)


def _load_table(path: Path, model: type[_Model]) -> tuple[_Model, ...]:
    if not path.is_file():
        return ()
    faults: list[str] = []
    rows = _load_yaml(path, faults)
    if rows is not None and not isinstance(rows, list):
        faults.append(f"{path}: not a list of rows; start each with a hyphen")
        rows = None
    known: list[_Model] = []
    for number, row in enumerate(rows or [], 1):
        extra = {"folder": path.parent} if "folder" in model.model_fields and isinstance(row, dict) else {}
        entry = _validated(model, {**row, **extra} if isinstance(row, dict) else row, f"{path}: row {number}", faults)
        if entry is not None:
            known.append(entry)
    if faults:
        raise SourceError(faults, where=path)
    return tuple(known)


def _load_yaml(path: Path, faults: list[str]) -> Any:
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{path}: cannot be read ({error.strerror}); check its name and permissions")
    except UnicodeDecodeError:
        faults.append(f"{path}: not UTF-8; save it as UTF-8")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        faults.append(f"{path}{line}: not YAML ({getattr(error, 'problem', None) or error}); mend the line")
    return None


def _validated(model: type[_Model], row: Any, where: str, faults: list[str]) -> _Model | None:
    try:
        return model.model_validate(row)
    except ValidationError as error:
        for fault in error.errors():
            field = ".".join(_as_written(fault["loc"], row))
            said = fault["msg"].removeprefix("Value error, ")
            if fault["type"] == "extra_forbidden":
                fields = ", ".join(name for name in model.model_fields if name not in ("name", "folder"))
                said = f"unknown field; known are {fields}" if len(fault["loc"]) == 1 else "unknown field"
            faults.append(f"{where}: {field}: {said}" if field else f"{where}: {said}")
        return None


def _as_written(place: Iterable[int | str], row: Any) -> Iterator[str]:
    """The parts of a fault's place; without the number where one thing is written and several may be."""
    for part in place:
        if isinstance(part, int) and not isinstance(row, list | tuple):
            continue
        yield str(part)
        try:
            row = row[part]
        except (KeyError, IndexError, TypeError):
            row = None


def _missing_files(network: Network, path: Path) -> list[str]:
    return [
        f"{path}: network.certificates: no file {name}; put it beside the source"
        for name in network.certificates
        if not (path.parent / name).is_file()
    ]
