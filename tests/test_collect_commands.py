"""Collecting on the command line, from the portal that ships, served here; and ``run`` on all that it takes."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from ntm_extract.collect.demo_portal import demo_portal
from ntm_extract.dataset import Dataset
from ntm_extract.sources import sources_folder
from tests.collect.serving import Answer, SmallPortal, serving, source_of
from tests.conftest import ARTICLE, Call
from tests.written_documents import zipped

SOURCE = "demo-portal"


@dataclass(frozen=True)
class Portal:
    """A portal that is being served, and the folder with the file of its source."""

    url: str
    sources: Path

    @property
    def missing(self) -> str:
        """The address of an article that it does not have."""
        return f"{self.url}/-/asset_publisher/abcdefghijkl/content/khong-co"


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    row = yaml.safe_load((sources_folder() / f"{SOURCE}.yml").read_text("utf-8"))
    folder = tmp_path / "sources"
    folder.mkdir()
    with demo_portal(0) as url:
        written = yaml.safe_dump({**row, "start": [url]}, allow_unicode=True)
        (folder / f"{SOURCE}.yml").write_text(written, encoding="utf-8")
        yield Portal(url, folder)


def rows(dataset: Path, sql: str) -> list[tuple[Any, ...]]:
    with Dataset.open(dataset, read_only=True) as opened:
        return list(opened.query(sql))


def articles_of(path: Path) -> list[str]:
    """Addresses of the articles in a dataset, in order of their coming."""
    return [url for (url,) in rows(path, "SELECT url FROM articles ORDER BY n")]


# ------------------------------------------------------------------ run


def test_run_collects_a_source_and_reads_it(call: Call, portal: Portal, tmp_path: Path) -> None:
    asked = ("run", SOURCE, "--sources", portal.sources, "--out", "out", "--formats", "none")
    first = call(*asked)
    assert "14 new, 0 changed, 0 same" in first.out, first.err
    found = rows(
        tmp_path / "out" / "dataset.sqlite",
        "SELECT a.publisher, d.name, s.warc_file, s.warc_offset, s.sha256, s.captured FROM articles AS a"
        " JOIN article_sources AS s ON s.article_id = a.id LEFT JOIN units AS d ON d.id = a.home_district",
    )
    assert {row[:2] for row in found} == {("Cổng minh họa của ntm-extract", "Yên Thành")}
    for _, _, file, offset, sha256, captured in found:
        assert (tmp_path / "out" / "collected" / file).stat().st_size > offset > 0
        assert re.fullmatch("[0-9a-f]{64}", sha256)
        assert dt.datetime.fromisoformat(captured).tzinfo is not None
    named = rows(
        tmp_path / "out" / "dataset.sqlite",
        "SELECT count(*), n.url FROM achievements AS f JOIN article_sources AS s ON s.article_id = f.article_id"
        " JOIN articles AS n ON n.url = s.named_by GROUP BY n.url",
    )
    assert [(count, "cong-nhan-them-4-xa" in url) for count, url in named] == [(5, True)]
    again = call(*asked)
    assert "0 new, 0 changed, 14 same" in again.out
    assert rows(tmp_path / "out" / "dataset.sqlite", "SELECT count(*) FROM runs") == [(1,)]


def test_evidence_leads_to_the_page_as_it_was(call: Call, portal: Portal, tmp_path: Path) -> None:
    call("run", SOURCE, "--sources", portal.sources, "--out", "out", "--formats", "none", "--limit", "2")
    dataset = tmp_path / "out" / "dataset.sqlite"
    url, title, place, sha256 = rows(
        dataset,
        "SELECT a.url, a.title, s.warc_file || ':' || s.warc_offset, s.sha256 FROM articles AS a"
        " JOIN article_sources AS s ON s.article_id = a.id",
    )[0]
    shown = call("archive", "show", url, "out/collected", "--out", "page.html")
    assert shown.status == 0
    assert f"{place}, sha256 {sha256}" in shown.err
    assert title in (tmp_path / "page.html").read_text("utf-8")


def test_run_takes_addresses_sources_folders_and_documents_in_any_mix(
    call: Call, portal: Portal, article: Path, tmp_path: Path
) -> None:
    call("run", SOURCE, "--sources", portal.sources, "--out", "one", "--formats", "none", "--limit", "3")
    address = articles_of(tmp_path / "one" / "dataset.sqlite")[-1]
    other = ARTICLE.replace("16/19", "11/19").encode()
    (tmp_path / "many.zip").write_bytes(zipped([("a.txt", other), ("b.html", b"")]))
    done = call(
        *("run", address, "one/collected", "many.zip", article, portal.missing, "nowhere"),
        *("--sources", portal.sources, "--out", "two", "--formats", "none"),
    )
    assert done.status == 3
    dataset = tmp_path / "two" / "dataset.sqlite"
    assert len(articles_of(dataset)) == 5
    assert articles_of(dataset).count(address) == 1
    faults = dict(rows(dataset, "SELECT input, what FROM issues"))
    assert faults[portal.missing] == "could not be had (status 404)"
    assert faults["nowhere"] == "no such file"
    assert "empty" in faults["many.zip!b.html"]


@pytest.mark.parametrize(
    ("holder", "more", "alarmed"),
    [
        ("<div id='news-bodyhtml'>{}</div>", {}, False),  # as the family has it
        ("<section class=moi>{}</section>", {}, True),
        ("<section class=moi>{}</section>", {"selectors": {"body": "section.moi"}}, False),
    ],
    ids=["profile", "changed", "selectors"],
)
def test_a_portal_that_its_familys_profile_no_longer_fits_is_told(
    call: Call, tmp_path: Path, holder: str, more: dict[str, Any], alarmed: bool
) -> None:
    routes = SmallPortal(articles=4)
    for number in range(1, 5):
        text = f"<p>{ARTICLE.replace('16/19', f'1{number}/19')}</p>"
        page = f"<html><body><div><p>Liên kết</p></div><h1>Tin {number}</h1>{holder.format(text)}</body></html>"
        routes.extra[routes.path(number)] = Answer(page)
    (tmp_path / "sources").mkdir()
    with serving(routes) as portal:
        row = json.loads(source_of(portal, **more).model_dump_json(exclude={"name", "folder"}, exclude_none=True))
        written = yaml.safe_dump({**row, "pace": {"seconds": 0, "timeout": 5}}, allow_unicode=True)
        (tmp_path / "sources" / "mine.yml").write_text(written, encoding="utf-8")
        done = call("run", "mine", "--sources", "sources", "--out", "out", "--formats", "none")
    alarm = "mine: the profile of its family finds no article in 4 of its 4 newest pages"
    assert (alarm in " ".join(done.err.split())) is alarmed
    noted = rows(tmp_path / "out" / "dataset.sqlite", "SELECT what FROM issues WHERE input = 'mine'")
    assert [what.startswith("the profile") for (what,) in noted] == [True] * alarmed
    assert (done.status == 3) is alarmed, done.err


def test_what_stands_in_several_archives_is_read_once_and_a_second_run_finds_nothing_new(
    call: Call, portal: Portal, tmp_path: Path
) -> None:
    options = ("--sources", portal.sources, "--formats", "none")
    call("collect", SOURCE, "--sources", portal.sources, "--out", "got", "--limit", "3")
    (archive,) = (tmp_path / "got").glob("*.warc.gz")
    (tmp_path / "copy.warc.gz").write_bytes(archive.read_bytes())
    (tmp_path / "packed.wacz").write_bytes(zipped([("archive/data.warc.gz", archive.read_bytes())]))
    once = call("run", "copy.warc.gz", "got", "packed.wacz", "--out", "one", *options)
    assert "3 new, 0 changed, 0 same" in once.out
    # Collected again, the same articles stand beside other counters, in another record.
    mixed = ("run", SOURCE, "packed.wacz", "got", "--out", "two", *options)
    assert "14 new" in call(*mixed).out
    assert "0 new, 0 changed" in call(*mixed).out
    ((captured,),) = rows(tmp_path / "two" / "dataset.sqlite", "SELECT count(*) FROM article_sources")
    assert captured == 14


def test_an_address_of_a_host_that_is_no_source_is_filed_under_its_host(
    call: Call, portal: Portal, tmp_path: Path
) -> None:
    call("run", SOURCE, "--sources", portal.sources, "--out", "one", "--formats", "none", "--limit", "1")
    address = articles_of(tmp_path / "one" / "dataset.sqlite")[0]
    done = call("run", address, "--out", "two", "--formats", "none")
    assert (done.status, done.err) == (0, "")
    ((source, publisher, url),) = rows(
        tmp_path / "two" / "dataset.sqlite", "SELECT source, publisher, url FROM articles"
    )
    assert (source, publisher, url) == (re.sub(r"\W", "-", urlsplit(address).netloc), None, address)
    again = call("run", address, "--out", "two", "--formats", "none")
    assert "1 same" in again.out


def test_nothing_is_collected_where_an_address_is_only_extracted(call: Call, portal: Portal, tmp_path: Path) -> None:
    done = call("extract", portal.url)
    assert done.status == 3
    assert done.err == f"{portal.url}: has to be collected first; give it to 'run'\n"
    assert not list(tmp_path.glob("**/journal.sqlite"))


def test_a_portal_that_is_not_there_is_told_and_the_others_go_through(
    call: Call, portal: Portal, article: Path, tmp_path: Path
) -> None:
    file = portal.sources / f"{SOURCE}.yml"
    row = yaml.safe_load(file.read_text("utf-8"))
    row |= {"start": ["http://127.0.0.1:9/tin"], "pace": {"seconds": 0, "timeout": 2, "attempts": 1, "patience": 0}}
    file.write_text(yaml.safe_dump(row), encoding="utf-8")
    done = call("run", SOURCE, article, "--sources", portal.sources, "--out", "out", "--formats", "none")
    assert done.status == 3
    assert done.err
    assert "1 new, 0 changed, 0 same" in done.out


# ------------------------------------------------------------------ collect, archive


def test_collect_then_run_on_the_folder(call: Call, portal: Portal, tmp_path: Path) -> None:
    done = call("collect", SOURCE, "--sources", portal.sources, "--out", "got", "--since", "2022-01-01")
    assert (done.status, done.err) == (0, "")
    new = sum(int(count) for count in re.findall(r"(\d+) (?:new|documents)", done.out))
    assert 0 < new < 14
    assert "Collected into got" in done.out
    verified = call("archive", "verify", "got")
    assert (verified.status, verified.err) == (0, "")
    assert verified.out.endswith(", 0 flaws\n")
    read = call("run", "got", "--out", "out", "--formats", "none", "--sources", portal.sources)
    assert f"{new} new, 0 changed, 0 same" in read.out
    assert {row[0] for row in rows(tmp_path / "out" / "dataset.sqlite", "SELECT publisher FROM articles")} == {
        "Cổng minh họa của ntm-extract"
    }


def test_a_cut_archive_is_told_with_its_place(call: Call, portal: Portal, tmp_path: Path) -> None:
    call("collect", SOURCE, "--sources", portal.sources, "--out", "got", "--limit", "2")
    (file,) = (tmp_path / "got").glob("*.warc.gz")
    file.write_bytes(file.read_bytes()[:-40])
    done = call("archive", "verify", "got")
    assert done.status == 5
    assert done.err.startswith(f"{file.name}:")


def test_collect_without_names_takes_all_sources_of_one_s_own_folder(call: Call, portal: Portal) -> None:
    done = call("collect", "--sources", portal.sources, "--out", "got", "--since", "2022-01-01")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[0] == "7 new, 1 documents, 1 off topic"


def test_a_source_that_is_not_there(call: Call, portal: Portal, tmp_path: Path) -> None:
    done = call("collect", "nobody", "--sources", portal.sources, "--out", "got")
    assert done.status == 2
    assert "no such source" in done.err
    assert not (tmp_path / "got").exists()


def test_an_address_that_an_archive_does_not_hold(call: Call, portal: Portal) -> None:
    call("collect", SOURCE, "--sources", portal.sources, "--out", "got", "--limit", "1")
    done = call("archive", "show", "https://example.org/", "got")
    assert (done.status, done.out) == (3, "")
    assert len(done.err.splitlines()) == 1


# ------------------------------------------------------------------ sources


def test_sources_that_ship_are_sound_and_listed(call: Call) -> None:
    checked = call("sources", "check")
    assert (checked.status, checked.err) == (0, "")
    assert "are sound" in checked.out
    listed = call("sources", "list", "--lang", "vi")
    assert SOURCE in listed.out
    assert "cơ quan chủ quản" in listed.out


def test_faults_of_source_files_are_told_all_at_once(call: Call, portal: Portal) -> None:
    (portal.sources / "one.yml").write_text("publisher: Cổng\nkind: listing\n", encoding="utf-8")
    (portal.sources / "two.yml").write_text("kind: [\n", encoding="utf-8")
    done = call("sources", "check", portal.sources)
    assert (done.status, done.out) == (2, "")
    assert {"one.yml", "two.yml"} <= {Path(line.split(":")[0].split(",")[0]).name for line in done.err.splitlines()}


def test_detect_tells_the_family_and_what_would_be_collected(call: Call, portal: Portal) -> None:
    done = call("sources", "detect", portal.url)
    assert (done.status, done.err) == (0, "")
    assert "family: B" in done.out
    assert done.out.count("article: ") == 5


def test_the_portal_is_served_until_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ntm_extract.cli", "demo-portal", "--port", "0"]
    with contextlib.ExitStack() as ending:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ending.callback(process.kill)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")
