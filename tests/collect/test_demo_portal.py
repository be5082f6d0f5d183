"""The portal that ships: collected over the loopback and read, as its two commands in the README do."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from ntm_extract.clean import read_capture
from ntm_extract.collect import archive_verify, collect, iter_captures
from ntm_extract.collect.commands import archive_app, collect_command, demo_portal_command, sources_app
from ntm_extract.collect.demo_portal import ROBOTS, answer, demo_portal, load_demo
from ntm_extract.errors import CollectError
from ntm_extract.sources import Source, load_sources, sources_folder
from ntm_extract.units import gazetteer

ROOT = Path(__file__).parent.parent.parent


def source(url: str) -> Source:
    """The source that ships, at the port that was free."""
    return load_sources(names=["demo-portal"])["demo-portal"].model_copy(update={"start": (url,)})


def test_the_demo_portal_is_collected_and_read(tmp_path: Path) -> None:
    articles = {article.title: article for article in load_demo()[2]}
    on_topic = {
        title for title, article in articles.items() if "nông thôn mới" in title + article.lead + " ".join(article.body)
    }
    with demo_portal(0) as url:
        summary = collect([source(url)], tmp_path)
        again = collect([source(url)], tmp_path)
    assert len(articles) >= 12
    assert summary.new == len(on_topic) == len(articles) - 1
    assert summary.off_topic == 1
    assert (again.new, again.unchanged, again.off_topic) == (0, 5, 0)
    assert not summary.alarms
    assert not again.alarms
    read = {article.title: article for article in map(read_capture, iter_captures(tmp_path))}
    assert set(read) == on_topic
    for title, found in read.items():
        told = articles[title or ""]
        assert found.published == told.published.date()
        assert found.authors
        for paragraph in (told.lead, *told.body):
            assert paragraph in found.text
        assert "Các tin đã đưa" not in found.text
        assert not any(other in found.text for other in articles if other != title)
    assert archive_verify(tmp_path).sound


def test_the_demo_portal_has_what_such_portals_have() -> None:
    with_counter = answer(load_path(0), None, 1), answer(load_path(0), None, 2)
    assert with_counter[0][2] != with_counter[1][2]
    assert with_counter[0][3] == with_counter[1][3]
    assert answer(load_path(0), with_counter[0][3], 3)[0] == 304
    assert "Crawl-delay" in ROBOTS
    assert answer("/khong-co", None, 1)[0] == 404
    assert any("-at-chuan" in load_path(number) for number in range(len(load_demo()[2])))


def load_path(number: int) -> str:
    """Address of an article by its place in the list."""
    from ntm_extract.collect.demo_portal import _address

    return _address(load_demo()[2][number])


def test_communes_of_the_demo_portal_exist() -> None:
    units = gazetteer()
    (district,) = units.districts_named("Yên Thành", dt.date(2021, 7, 1))
    names = {unit.name for unit in units.children(district, dt.date(2021, 7, 1))}
    told = " ".join(article.title + article.lead + " ".join(article.body) for article in load_demo()[2])
    named = {"Thọ Thành", "Kim Thành", "Hoa Thành", "Văn Thành", "Bắc Thành", "Vĩnh Thành", "Phú Thành", "Long Thành"}
    assert all(name in told for name in named)
    assert named <= names


def test_a_port_that_is_taken_is_an_error() -> None:
    with demo_portal(0) as url:
        port = int(url.split(":")[2].partition("/")[0])
        with pytest.raises(CollectError, match="cannot be used"), demo_portal(port):
            pass


# ------------------------------------------------------------------ commands


def test_commands_on_sources_and_archives(tmp_path: Path) -> None:
    runner = CliRunner()
    checked = runner.invoke(sources_app, ["check"])
    assert (checked.exit_code, "no faults" in checked.output) == (0, True)
    assert "demo-portal" in runner.invoke(sources_app, ["list"], env={"COLUMNS": "200"}).output
    with demo_portal(0) as url:
        collect([source(url)], tmp_path, limit=2)
        detected = runner.invoke(sources_app, ["detect", url]).output
        assert "family: B" in detected
        assert detected.count("article: ") == 5
        first = url.removesuffix("/web/yen-thanh/tin-tuc") + load_path(0)
    verified = runner.invoke(archive_app, ["verify", str(tmp_path)])
    assert verified.output.startswith("1 files, ")
    assert ", 0 flaws" in verified.output
    shown = runner.invoke(archive_app, ["show", first, str(tmp_path), "--out", str(tmp_path / "page.html")])
    assert shown.exit_code == 0
    assert load_demo()[2][0].title in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_importing_the_commands_is_light() -> None:
    """The command line's ``--help`` must not wait for what collecting needs."""
    code = (
        "import sys, ntm_extract.collect.commands; "
        "print([name for name in ('lxml', 'requests', 'warcio', 'rich.live', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def mounted() -> typer.Typer:
    """The commands as the command line mounts them."""
    app = typer.Typer()
    app.command("collect")(collect_command)
    app.command("demo-portal")(demo_portal_command)
    return app


def test_the_two_commands_of_a_first_day(tmp_path: Path) -> None:
    """One window serves, the other collects; both end as they should."""
    code = "import sys; from tests.collect.test_demo_portal import mounted as app; "
    code += "sys.exit(app()(sys.argv[1:], standalone_mode=False))"
    served = subprocess.Popen(
        [sys.executable, "-c", code, "demo-portal", "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert served.stdout is not None
        url = served.stdout.readline().split()[0]
        own = tmp_path / "sources"
        own.mkdir()
        row = yaml.safe_load((sources_folder() / "demo-portal.yml").read_text(encoding="utf-8"))
        (own / "mine.yml").write_text(yaml.safe_dump({**row, "start": [url]}, allow_unicode=True), encoding="utf-8")
        command = [sys.executable, "-c", code, "collect", "--sources", str(own), "--out", str(tmp_path / "out")]
        done = subprocess.run(
            [*command, "--since", "2022-01-01"], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == "7 new, 1 off topic"
        assert not done.stderr.strip()
        wrong = subprocess.run([*command, "nobody"], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
        assert "no such source" in wrong.stderr
        served.send_signal(signal.SIGINT)
        assert served.wait(20) == 0
        assert served.stdout.read().strip() == "ended"
    finally:
        served.kill()
        served.communicate()
