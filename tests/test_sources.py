"""Sources: those that ship are sound and complete; those a user writes are judged with all faults at once."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ntm_extract.errors import SourceError
from ntm_extract.sources import (
    MovedHost,
    Source,
    date_expression,
    load_archives,
    load_moved_hosts,
    load_sources,
    move_of,
)
from ntm_extract.units import gazetteer

TABLE = yaml.safe_load((Path(__file__).parent / "tables" / "sources.yml").read_text(encoding="utf-8"))
SOUND: dict[str, Any] = {
    "publisher": "Cổng thông tin điện tử",
    "family": "B",
    "kind": "listing",
    "home": {"province": "Nghệ An"},
    "start": ["https://a.gov.vn/tin"],
}


def write(folder: Path, name: str, row: object) -> Path:
    path = folder / f"{name}.yml"
    path.write_text(row if isinstance(row, str) else yaml.safe_dump(row, allow_unicode=True), encoding="utf-8")
    return path


def test_sources_that_ship_are_sound() -> None:
    sources = load_sources()
    assert {source.family for source in sources.values()} >= set("ABCDEF")
    assert {source.kind for source in sources.values()} >= {"listing", "feed", "wayback"}
    assert load_archives()
    assert [archive.dialect for archive in load_archives()] == ["ndjson", "arrays"]


@pytest.mark.parametrize("district", ["Thạch Hà", "Đông Sơn", "Đầm Hà", "Kỳ Anh", "Thanh Chương"])
def test_districts_have_archives_of_their_former_portals(district: str) -> None:
    (source,) = [source for source in load_sources().values() if source.home.district == district]
    assert source.archives is not None
    moved = load_moved_hosts()
    for host in source.archives.hosts:
        if "/" not in host:
            assert move_of(host, moved, dt.date(2026, 1, 1)) is not None


def test_homes_of_shipped_sources_are_units() -> None:
    units = gazetteer()
    for source in load_sources().values():
        assert units.provinces_named(source.home.province, dt.date(2020, 1, 1)), source.name
        if source.home.district:
            assert units.districts_named(source.home.district, dt.date(2020, 1, 1)), source.name


@pytest.mark.parametrize("case", TABLE["faults"], ids=lambda case: case["fault"])
def test_a_fault_is_named_with_file_and_field(tmp_path: Path, case: dict[str, Any]) -> None:
    row = {**SOUND, **case["row"]}
    path = write(tmp_path, case.get("name", "mine"), {key: value for key, value in row.items() if value != "-"})
    with pytest.raises(SourceError) as caught:
        load_sources(tmp_path)
    (fault,) = caught.value.faults
    assert str(path) in fault
    assert case["fault"] in fault


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, "one", {**SOUND, "family": "Z", "pace": {"seconds": -1}, "colour": "red"})
    write(tmp_path, "two", {**SOUND, "kind": "telepathy"})
    write(tmp_path, "three", "start: [unclosed\n")
    write(tmp_path, "four", SOUND)
    with pytest.raises(SourceError) as caught:
        load_sources(tmp_path)
    assert len(caught.value.faults) == 5
    assert str(caught.value).count("\n") == 4
    for part in ("one.yml: family", "one.yml: pace.seconds", "one.yml: colour", "two.yml: kind", "three.yml, line"):
        assert part in str(caught.value)


def test_sources_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    write(tmp_path, "one", SOUND)
    path = write(tmp_path, "two", {**SOUND, "start": ["https://b.gov.vn/"]})
    assert list(load_sources(tmp_path, ["two", "one"])) == ["two", "one"]
    assert load_sources(None, [str(path)])["two"].own_hosts == {"b.gov.vn"}
    with pytest.raises(SourceError, match="known here: one, two"):
        load_sources(tmp_path, ["three"])


def test_a_certificate_must_be_there(tmp_path: Path) -> None:
    row = {**SOUND, "network": {"certificates": ["issuer.pem"]}}
    path = write(tmp_path, "mine", row)
    with pytest.raises(SourceError, match=r"no file issuer\.pem"):
        load_sources(tmp_path)
    (tmp_path / "issuer.pem").write_text("")
    assert load_sources(tmp_path)[path.stem].folder == tmp_path


@pytest.mark.parametrize("case", TABLE["dates"], ids=lambda case: case["text"])
def test_date_forms_find_dates_as_printed(case: dict[str, Any]) -> None:
    found = re.search(date_expression(case["form"]), case["text"])
    day = dt.date(int(found["Y"]), int(found["m"]), int(found["d"])) if found else None
    assert day == case["day"]


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31)), st.sampled_from(Source.model_fields["dates"].default))
def test_a_date_printed_in_a_form_is_found_by_it(day: dt.date, form: str) -> None:
    found = re.search(date_expression(form), f"Lượt xem 12 {day.strftime(form)} 10:00")
    assert found
    assert dt.date(int(found["Y"]), int(found["m"]), int(found["d"])) == day


def test_the_most_exact_move_counts_and_only_from_its_day() -> None:
    province = MovedHost(host="cu.gov.vn", to="moi.gov.vn", since=dt.date(2025, 7, 1), why="merged")
    district = MovedHost(host="huyen.cu.gov.vn", to=None, since=dt.date(2025, 1, 1), why="ended")
    day = dt.date(2026, 1, 1)
    assert move_of("xa.huyen.cu.gov.vn", [province, district], day) == district
    found = move_of("khac.cu.gov.vn", [province, district], day)
    assert found == province
    assert province.renamed("khac.cu.gov.vn") == "khac.moi.gov.vn"
    assert move_of("khac.cu.gov.vn", [province, district], dt.date(2025, 6, 30)) is None
    assert move_of("laicu.gov.vn", [province], day) is None


def test_faults_of_tables_name_the_row(tmp_path: Path) -> None:
    (tmp_path / "moved_hosts.yml").write_text("- {host: a.gov.vn, since: 2025-07-01, why: x}\n- {host: 'a b'}\n")
    with pytest.raises(SourceError) as caught:
        load_moved_hosts(tmp_path)
    assert len(caught.value.faults) == 3
    assert all("row 2" in fault for fault in caught.value.faults)
    (tmp_path / "archives.yml").write_text("- {name: x, dialect: ndjson, index: 'https://x', pages: 'https://x'}\n")
    with pytest.raises(SourceError, match=r"needs \{timestamp\} and \{url\}"):
        load_archives(tmp_path)
    assert load_archives(tmp_path / "nowhere") == ()
