"""The build of the gazetteer's data: from lists, from itself, and with files of changes."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ntm_extract import units, units_build
from ntm_extract.errors import ConfigurationError, InputError
from ntm_extract.units import Gazetteer, Linker
from ntm_extract.units.gazetteer import DATA_FILE
from ntm_extract.units.table import Table, read_columns

REFORM_FILE = Path(__file__).parent / "tables" / "units_reform.yml"
FIRST_DAY = dt.date(2031, 1, 1)
DAY_BEFORE = dt.date(2030, 12, 31)

UNITS = """\
uid,level,code,type,name,district,province,valid_from,valid_to,date_basis,decree_from,decree_to,ended,today_default,lat,lon,coord_src
tinh:01@start,1,01,Tỉnh,Một,,,,,open,,,,01,21.0,105.0,polygon
huyen:001@start,2,001,Huyện,Hoà Một,,01,,2025-07-01,open,,9/NQ,reform_2025,00002,21.01,105.01,gis.chinhphu.vn
huyen:002@start,2,002,Huyện,Hai,,01,,2025-07-01,open,,9/NQ,reform_2025,,,,
xa:00001@start,3,00001,Xã,ái Một,001,01,,2025-07-01,open,,9/NQ,reform_2025,00002,21.1,105.1,successor
xa:00002@start,3,00002,Xã,Hai,001,01,,2025-07-01,open,,9/NQ,reform_2025,00002,21.1,105.1,successor
xa:00003@start,3,00003,Xã,Ba,002,01,,2025-03-01,open,,8/NQ,merged,00002,21.1,105.1,successor
xa:00002@2025-07-01,3,00002,Xã,Hai,,01,2025-07-01,,decree,9/NQ,,,00002,21.1234,105.1234,polygon
xa:00004@2025-07-01,3,00004,Phường,Quý Bốn,,01,2025-07-01,,decree,9/NQ,,,00004,21.2,105.2,polygon
"""
LINKS = """\
uid,today_code,certainty
tinh:01@start,01,full
huyen:001@start,00004,part
huyen:001@start,00002,full
xa:00001@start,00004,part
xa:00001@start,00002,part
xa:00002@start,00002,full
xa:00003@start,00002,full
xa:00002@2025-07-01,00002,full
xa:00004@2025-07-01,00004,full
"""


@pytest.fixture
def lists(tmp_path: Path) -> tuple[Path, Path]:
    units_file, links_file = tmp_path / "units.csv", tmp_path / "links.csv.gz"
    units_file.write_text(UNITS, encoding="utf-8")
    links_file.write_bytes(gzip.compress(LINKS.encode()))
    return units_file, links_file


@pytest.fixture
def reform(tmp_path: Path) -> Callable[..., Gazetteer]:
    """Build from what is shipped with changes, given as fields or as a file."""

    def build(changes: dict[str, Any] | Path) -> Gazetteer:
        path = changes if isinstance(changes, Path) else tmp_path / "reform.yml"
        if isinstance(changes, dict):
            path.write_text(yaml.safe_dump(changes, allow_unicode=True), encoding="utf-8")
        release = units_build.release_of(Table(read_columns(DATA_FILE)))
        units_build.load_changes(path, release)
        out = tmp_path / "units.json.gz"
        out.write_bytes(units_build.pack(release))
        return units.load_gazetteer(out)

    return build


# ------------------------------------------------------------------ lists


def test_lists_become_a_gazetteer(lists: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "units.json.gz"
    arguments = ["--units", str(lists[0]), "--links", str(lists[1]), "--out", str(out)]
    assert units_build.main(arguments) == 0
    content = out.read_bytes()
    assert units_build.main(arguments) == 0
    assert out.read_bytes() == content
    gazetteer = units.load_gazetteer(out)
    assert [version.uid for version in gazetteer] == sorted(
        (line["uid"] for line in csv.DictReader(UNITS.splitlines())),
        key=lambda uid: (["tinh", "huyen", "xa"].index(uid.split(":")[0]), uid.replace("start", "0")),
    )
    # The usual heir first; whole only where it is.
    assert gazetteer.heirs("xa:00001@start") == (("00002", False), ("00004", False))
    assert gazetteer.heirs("huyen:001@start") == (("00002", True), ("00004", False))
    # A district that the links leave out has the heirs of its last communes.
    assert gazetteer.heirs("huyen:002@start") == (("00002", True),)
    # One way of writing.
    assert gazetteer.at("huyen:001@start").name == "Hòa Một"
    assert gazetteer.at("xa:00001@start").name == "Ái Một"
    assert gazetteer.at("xa:00004@2025-07-01").name == "Quý Bốn"
    # Points of today's units, and of those that have their own.
    assert gazetteer.point("xa:00003@start") == (21.123, 105.123)
    assert gazetteer.point("xa:00001@start") == pytest.approx((21.1615, 105.1615), abs=0.001)
    assert gazetteer.point("huyen:001@start") == (21.01, 105.01)
    assert gazetteer.as_of == dt.date(2025, 7, 1)
    assert gazetteer.table.sources == list(units_build.SOURCES)


def test_lists_that_are_none_are_refused(lists: tuple[Path, Path]) -> None:
    for units_text, links_text in (("a,b\n1,2\n", LINKS), (UNITS, "uid,today_code,certainty\nxa:9@start,00002,full\n")):
        lists[0].write_text(units_text, encoding="utf-8")
        lists[1].write_bytes(gzip.compress(links_text.encode()))
        with pytest.raises(InputError, match="not lists of units"):
            units_build.load_rows(*lists)


def test_command_reports_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.csv")
    assert units_build.main(["--units", missing, "--links", missing, "--out", str(tmp_path / "out")]) == 3
    assert capsys.readouterr().err.strip() == f"{missing}: No such file or directory"
    assert units_build.main(["--from-shipped", "--changes", missing, "--out", str(tmp_path / "out")]) == 3
    with pytest.raises(SystemExit):
        units_build.main(["--out", str(tmp_path / "out")])


def test_shipped_data_builds_itself(tmp_path: Path) -> None:
    out = tmp_path / "units.json.gz"
    assert units_build.main(["--from-shipped", "--out", str(out)]) == 0
    assert read_columns(out) == read_columns(DATA_FILE)
    assert out.read_bytes() == units_build.pack(units_build.release_of(Table(read_columns(DATA_FILE))))


# ------------------------------------------------------------------ changes


def test_example_reform(reform: Callable[..., Gazetteer]) -> None:
    before, after = units.gazetteer(), reform(REFORM_FILE)
    assert after.as_of == FIRST_DAY
    assert after.table.sources[-1] == "1/NQ-EXAMPLE, an invented example (in force 2031-01-01)"

    def standing(day: dt.date, level: str) -> set[str]:
        return {version.code for version in after if version.level == level and version.alive(day)}

    assert len(standing(DAY_BEFORE, "commune")) == 3321
    assert standing(DAY_BEFORE, "commune") - standing(FIRST_DAY, "commune") == {"18667", "18601"}
    assert standing(FIRST_DAY, "commune") - standing(DAY_BEFORE, "commune") == {"90001", "90002"}
    assert standing(DAY_BEFORE, "province") - standing(FIRST_DAY, "province") == {"04"}

    renamed = after.at("xa:18634@2031-01-01")
    assert (renamed.kind, renamed.name, renamed.province_code, renamed.decree) == (
        "phường",
        "Toàn Lưu Mới",
        "42",
        "1/NQ-EXAMPLE",
    )
    old = after.at("xa:18634@2025-07-01")
    assert (old.valid_to, old.ended, old.ended_by) == (FIRST_DAY, "renamed+retyped", "1/NQ-EXAMPLE")
    # Its oldest versions lead to it under its new name.
    (heir,) = after.today("xa:18634@2020-01-01")
    assert (heir.code, heir.name, heir.kind, heir.whole) == ("18634", "Toàn Lưu Mới", "phường", True)

    assert after.at("xa:18619@2025-07-01").ended == "moved_province"
    assert after.today("xa:18619@2025-07-01")[0].province == "Nghệ An"

    assert after.at("xa:18667@2025-07-01").ended == "merged"
    assert after.heirs("xa:18667@2025-07-01") == after.heirs("xa:18562@2025-07-01") == (("18562", True),)
    assert after.heirs("xa:18601@2025-07-01") == (("18586", True),)
    assert [version.uid for version in after if version.code == "18586"][-1] == "xa:18586@2025-07-01"

    assert after.at("xa:18652@2025-07-01").ended == "divided"
    assert after.heirs("xa:18652@2025-07-01") == (("18652", False), ("90001", False))
    assert after.point("xa:90001@2031-01-01") == (18.33, 105.9)
    assert after.point("xa:18652@2031-01-01") == before.point("xa:18652@2025-07-01")

    assert after.heirs("xa:18604@2025-07-01") == (("18604", False), ("90002", False))
    assert after.at("xa:18604@2025-07-01").valid_to is None

    assert after.heirs("tinh:04@start") == after.heirs("tinh:20@start") == (("20", True),)
    assert after.province_name(after.children("tỉnh Cao Lạng")[0]) == "Cao Lạng"
    moved = [version for version in after if version.ended == "moved_province" and version.valid_to == FIRST_DAY]
    assert len(moved) == 1 + len(before.children("tỉnh Cao Bằng"))

    # A district of 2021, of heirs that were renamed, merged, absorbed, divided and moved away.
    heirs = {unit.code: unit for unit in after.today("huyen:445@start", dt.date(2021, 6, 30))}
    assert set(heirs) == {"18562", "18586", "18604", "18619", "18628", "18634", "18652", "90001", "90002"}
    assert not heirs["90001"].whole
    assert heirs["18562"].name == "Thạch Hà"

    # The shipped data are as they were, and every version still leads somewhere that stands.
    assert before.at("xa:18634@2025-07-01").valid_to is None
    codes = {(version.level, version.code) for version in after if version.valid_to is None}
    for version in after:
        level = "province" if version.level == "province" else "commune"
        assert all((level, heir.code) in codes for heir in after.heirs(version.uid))
        if version.valid_to is None and version.code != "18604":
            assert after.heirs(version.uid) == ((version.code, True),)

    unit = Linker(dt.date(2031, 2, 1), units=after).link("Hà Huy Tập Hai", kind="phường", level="commune")
    assert (unit.code, unit.province) == ("90001", "Hà Tĩnh")


def test_reforms_follow_one_another(reform: Callable[..., Gazetteer], tmp_path: Path) -> None:
    """What was divided and comes together again is whole again."""
    later = tmp_path / "later.yml"
    again = {"merge": ["18652", "90001"], "to": {"code": "18652", "kind": "xã", "name": "Hà Huy Tập"}}
    later.write_text(yaml.safe_dump({"effective": dt.date(2032, 1, 1), "decree": "2/NQ-EXAMPLE", "changes": [again]}))
    out = tmp_path / "both.gz"
    command = ["--from-shipped", "--changes", str(REFORM_FILE), str(later), "--out", str(out)]
    assert units_build.main(command) == 0
    gazetteer = units.load_gazetteer(out)
    assert gazetteer.heirs("xa:18652@2025-07-01") == (("18652", True),)
    assert [version.uid for version in gazetteer.versions("Hà Huy Tập Hai")] == ["xa:90001@2031-01-01"]
    assert units_build.main(["--from-shipped", "--changes", str(later), str(REFORM_FILE), "--out", str(out)]) == 2


FAULTY: list[tuple[dict[str, Any], str]] = [
    ({"effective": "soon"}, "'effective' is missing or no date"),
    ({"decree": None}, "neither 'decree' nor 'source'"),
    ({"changes": []}, "'changes' is missing or empty"),
    ({"reason": "x"}, "unknown field 'reason'"),
    ({"expect": {"commune": 1}}, "3321 units of level commune would be in force, 1 are expected"),
    ({"expect": {"village": 1}}, "unknown field 'village'"),
    ({"expect": 3}, "'expect' is not"),
    ({"changes": ["18634"]}, "change 1: needs exactly one of"),
    ({"changes": [{"change": "18634", "merge": ["18619"], "to": {"name": "X"}}]}, "change 1: needs exactly one of"),
    ({"changes": [{"change": "18634"}]}, "change 1: 'change' needs"),
    ({"changes": [{"change": "18634", "to": {"nmae": "X"}}]}, "change 1: unknown field 'nmae'"),
    ({"changes": [{"change": "18634", "to": {"kind": "thôn"}}]}, "change 1: kind 'thôn' is unknown"),
    ({"changes": [{"change": "18634", "to": {"name": " "}}]}, "change 1: a new unit needs a name"),
    ({"changes": [{"change": "18634", "to": {"point": "here"}}]}, "change 1: point 'here'"),
    ({"changes": [{"change": "18634", "to": {"province": "99"}}]}, "is in no province ('99' is not in force)"),
    ({"changes": [{"change": "18634", "to": {"district": "445"}}]}, "is in no district ('445' is not in force)"),
    ({"changes": [{"change": "18634", "to": {"code": "18619"}}]}, "code 18619 is still in force"),
    ({"changes": [{"change": 18634, "to": {"name": "X"}}]}, "18634 is no code"),
    ({"changes": [{"change": "99999", "to": {"name": "X"}}]}, "no unit 99999 is in force"),
    ({"changes": [{"merge": ["18634", "18619"], "to": ["18562", "18667"]}]}, "'merge' cannot lead from 2 to 2 units"),
    ({"changes": [{"merge": ["18634"], "to": "18619"}, {"merge": ["18619"], "to": "18562"}]}, "unit 18634 would go to"),
    ({"changes": [{"merge": ["18634", "18634"], "to": "18619"}] * 2}, "change 2: unit 18634 is changed twice"),
    ({"changes": [{"create": {"code": "90001", "kind": "xã"}}]}, "change 1: a new unit needs a name"),
    ({"changes": [{"create": "90001"}]}, "change 1: a new unit needs fields"),
    ({"effective": dt.date(2025, 7, 1)}, "unit 18634 begins on 2025-07-01, not before this reform"),
    (
        {
            "changes": [
                {
                    "divide": "04",
                    "to": [{"name": "Một"}, {"code": "05", "name": "Hai"}],
                }
            ]
        },
        "province 04 is divided; say with 'change' where unit",
    ),
]


SOUND = {"effective": FIRST_DAY, "decree": "1/NQ", "changes": [{"change": "18634", "to": {"name": "Mới"}}]}


@pytest.fixture(scope="module")
def shipped() -> units_build.Release:
    return units_build.release_of(Table(read_columns(DATA_FILE)))


def test_a_small_reform(reform: Callable[..., Gazetteer]) -> None:
    assert len(reform(SOUND)) == len(units.gazetteer()) + 1


@pytest.mark.parametrize(("fields", "fault"), FAULTY, ids=[fault for _, fault in FAULTY])
def test_faults_are_told(shipped: units_build.Release, tmp_path: Path, fields: dict[str, Any], fault: str) -> None:
    path = tmp_path / "reform.yml"
    path.write_text(yaml.safe_dump({**SOUND, **fields}), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        units_build.load_changes(path, shipped)
    assert fault in str(caught.value)
    assert all(line.startswith(f"{path}: ") for line in str(caught.value).splitlines())
    assert caught.value.exit_status == 2
    # Nothing is half done.
    assert (len(shipped.rows), len(shipped.sources)) == (len(units.gazetteer()), len(units_build.SOURCES))
    assert sum(not row.end for row in shipped.rows) == 3321 + 34


def test_all_faults_are_told_at_once(shipped: units_build.Release, tmp_path: Path) -> None:
    path = tmp_path / "reform.yml"
    changes = [{"change": "99999", "to": {"name": "X"}}, {"change": "18634", "to": {"kind": "thôn"}}]
    path.write_text(yaml.safe_dump({"changes": changes}), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        units_build.load_changes(path, shipped)
    assert len(caught.value.faults) >= 4


@pytest.mark.parametrize("text", ["- a\n", "a: [", "\x00", ""])
def test_files_without_fields_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "reform.yml"
    path.write_text(text)
    release = units_build.Release([], [], "")
    with pytest.raises(ConfigurationError, match=r"no YAML|no fields"):
        units_build.load_changes(path, release)


# ------------------------------------------------------------------ round trip


CODES = st.integers(1, 99_999).map("{:05d}".format)


@given(st.dictionaries(CODES, st.tuples(st.text("aăđêơ ÀỮ'-1", min_size=1), CODES, st.booleans()), min_size=1))
def test_what_is_packed_comes_back(communes: dict[str, tuple[str, str, bool]]) -> None:
    rows = [
        units_build.Row(
            level=2,
            code=code,
            kind="xã",
            name=name,
            province="01",
            first="2020-01-01",
            basis="decree",
            point=(int(heir) - 50_000, int(code)) if whole else None,
            heirs=[(heir, whole)],
        )
        for code, (name, heir, whole) in sorted(communes.items())
    ]
    release = units_build.Release(rows, ["a source"], "2020-01-01")
    text = gzip.decompress(units_build.pack(release)).decode()
    table = Table(dict(line.split("=", 1) for line in text.splitlines()))
    assert units_build.release_of(table) == release
