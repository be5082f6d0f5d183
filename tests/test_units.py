"""The gazetteer: names, versions, heirs, and the linking of an article's names."""

from __future__ import annotations

import datetime as dt
import time
import unicodedata
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ntm_extract import units
from ntm_extract.errors import InputError
from ntm_extract.units import Gazetteer, Linker, UnitVersion, fold
from ntm_extract.units.gazetteer import DATA_FILE
from ntm_extract.units.names import fold_lines, joined

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "tables" / "units.yml").read_text(encoding="utf-8"))
REFORM = dt.date(2025, 7, 1)
MIDYEAR = dt.date(2021, 6, 30)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return units.gazetteer()


@pytest.fixture(scope="module")
def versions(gazetteer: Gazetteer) -> list[UnitVersion]:
    return list(gazetteer)


def alive(versions: list[UnitVersion], day: dt.date, level: str) -> list[UnitVersion]:
    return [version for version in versions if version.level == level and version.alive(day)]


# ------------------------------------------------------------------ names


@pytest.mark.parametrize("names", TABLE["fold_equal"], ids=lambda names: names[0].strip())
def test_spellings_of_one_name_are_equal(names: list[str]) -> None:
    assert len({fold(name) for name in names}) == 1


@pytest.mark.parametrize("names", TABLE["fold_different"], ids="/".join)
def test_other_names_stay_apart(names: list[str]) -> None:
    assert fold(names[0]) != fold(names[1])


@pytest.mark.parametrize(("text", "kind", "name"), TABLE["unit_names"])
def test_kind_and_name(text: str, kind: str | None, name: str) -> None:
    assert units.parse_unit_name(text) == (kind, name)


@given(st.text())
def test_fold_is_one_for_unicode_forms_and_for_lines(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert "\n" not in fold(text)
    assert "|" not in fold(text)  # it joins the keys in the data file


def test_names_fold_alike_alone_in_lines_and_word_by_word(gazetteer: Gazetteer) -> None:
    names = gazetteer.table.names
    assert gazetteer.table.keys == fold_lines("\n".join(names)).split("\n") == [fold(name) for name in names]
    for name in names:
        key = ""
        for word in name.split():
            key = joined(key, fold(word))
        assert key == fold(name)
        assert unicodedata.is_normalized("NFC", name)


def test_names_of_one_key_differ_by_spelling_only(gazetteer: Gazetteer) -> None:
    """Folding must not make one name of two that a reader would tell apart; the highland names are the exception."""
    spellings = defaultdict(set)
    for name in gazetteer.table.names:
        spellings[fold(name)].add(name)
    letters = {
        key: {"".join(c for c in unicodedata.normalize("NFD", name).casefold() if c.isalpha()) for name in names}
        for key, names in spellings.items()
        if len(names) > 1 and not key.startswith("đak") and "#" not in key
    }
    folded = {key: {letter.replace("y", "i") for letter in found} for key, found in letters.items()}
    assert {key: found for key, found in folded.items() if len(found) > 1} == {}


# ------------------------------------------------------------------ prefix


@pytest.mark.parametrize("case", TABLE["prefix"], ids=lambda case: case["words"])
def test_prefix(gazetteer: Gazetteer, case: dict[str, Any]) -> None:
    levels = frozenset(case["levels"]) if case["levels"] else None
    assert gazetteer.prefix(case["words"].split(), levels) == case["count"]


def test_every_name_is_its_own_longest_prefix(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    for version in versions:
        words = version.name.split()
        assert gazetteer.prefix([*words, ";"], frozenset({version.level})) == len(words)
        assert gazetteer.is_name(version.name.upper(), version.level)
    assert not gazetteer.is_name("Lưu Vĩnh Sơn", "district")
    assert not gazetteer.is_name("Lưu Vĩnh Sơn", "village")


WORDS = st.lists(
    st.sampled_from(["Kỳ", "Anh", "Đắk", "Lắk", "-", "1", "II", "Ea", "H'leo", "Hòa", "Hoà", "Bình", ""]) | st.text(),
    max_size=12,
)


@given(WORDS, st.sampled_from([None, frozenset(["commune"]), frozenset(["district", "province"]), frozenset()]))
def test_prefix_stays_within_its_input(words: list[str], levels: Any) -> None:
    found = units.gazetteer().prefix(words, levels)
    assert 0 <= found <= len(words)
    if found:
        assert units.gazetteer().versions(" ".join(words[:found]))


# ------------------------------------------------------------------ the data as a whole


@pytest.mark.parametrize("row", TABLE["totals"], ids=lambda row: str(row[0]))
def test_totals(versions: list[UnitVersion], row: list[Any]) -> None:
    day, *totals = row
    assert [len(alive(versions, day, level)) for level in ("province", "district", "commune")] == totals


def test_shipped_size_and_time() -> None:
    assert DATA_FILE.stat().st_size <= 300 * 1024
    times = []
    for _ in range(5):
        start = time.perf_counter()
        units.load_gazetteer(DATA_FILE)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.06


def test_other_files_are_refused(tmp_path: Path) -> None:
    for content in (b"", b"units", DATA_FILE.read_bytes()[:1000]):
        path = tmp_path / "data.gz"
        path.write_bytes(content)
        with pytest.raises(InputError, match="not a data file of units") as caught:
            units.load_gazetteer(path)
        assert str(path) in str(caught.value)


def test_ids_are_unique_and_lead_back(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    assert len({version.uid for version in versions}) == len(versions) == len(gazetteer) == 17_842
    for version in versions[::97]:
        assert gazetteer.at(version.uid) == version
    for uid in ("xa:99999@start", "xa:18634@1999-01-01", "xa:18634", "thon:1@start", "", "xa:0@start", "xa:²@start"):
        with pytest.raises(KeyError):
            gazetteer.at(uid)


def test_versions_of_one_code_do_not_overlap(versions: list[UnitVersion]) -> None:
    for one, next_one in pairwise(versions):
        if (one.level, one.code) == (next_one.level, next_one.code):
            assert one.valid_to is not None
            assert next_one.valid_from is not None
            assert one.valid_to <= next_one.valid_from
    for version in versions:
        assert version.valid_from is None or version.valid_to is None or version.valid_from < version.valid_to
        assert (version.valid_to is None) == (version.ended is None)


def test_units_are_in_units_that_were_there(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    for version in versions:
        if version.level != "province":
            assert gazetteer.province_name(version)
        if version.level == "commune":
            assert (version.district_code is None) == (version.valid_from is not None and version.valid_from >= REFORM)
            assert bool(gazetteer.district_name(version)) == bool(version.district_code)


def test_heirs_stand_today_and_only_known_versions_have_none(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    today = {(version.level, version.code) for version in versions if version.valid_to is None}
    orphans = []
    for version in versions:
        heirs = gazetteer.heirs(version.uid)
        level = "province" if version.level == "province" else "commune"
        assert all((level, code) in today for code, _ in heirs)
        assert len({code for code, _ in heirs}) == len(heirs)
        if version.valid_to is None:
            assert heirs == ((version.code, True),)
        if not heirs:
            orphans.append(version)
    assert Counter(version.level for version in orphans) == {"commune": 38}
    assert [version.uid for version in orphans if version.alive(MIDYEAR)] == TABLE["orphans_2021"]


def test_heirs_of_2021(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    counts = Counter(len(gazetteer.heirs(version.uid)) for version in alive(versions, MIDYEAR, "commune"))
    assert counts[0] == 4
    assert counts[1] == 10_110
    assert sum(number for heirs, number in counts.items() if heirs > 1) == 489


def test_a_code_is_not_an_identity(versions: list[UnitVersion]) -> None:
    old = defaultdict(set)
    for version in versions:
        if version.level == "commune" and version.district_code:
            old[version.code].add(fold(version.name))
    new = alive(versions, REFORM, "commune")
    assert sum(version.code in old for version in new) == 3316
    assert sum(version.code in old and fold(version.name) not in old[version.code] for version in new) == 1782


def test_ambiguity_of_names(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    communes = alive(versions, MIDYEAR, "commune")
    assert len(gazetteer.versions("Tân Thành", level="commune", on=MIDYEAR)) == 34
    districts = {fold(version.name) for version in alive(versions, MIDYEAR, "district")}
    assert sum(fold(version.name) in districts for version in communes) == 1291


# ------------------------------------------------------------------ look-ups


def test_versions_by_name(gazetteer: Gazetteer) -> None:
    found = gazetteer.versions("đầm hà")
    assert [(version.level, version.kind) for version in found] == [
        ("district", "huyện"),
        ("commune", "thị trấn"),
        ("commune", "xã"),
        ("commune", "xã"),
    ]
    assert len(gazetteer.versions("Đầm Hà", level="commune", on=MIDYEAR)) == 2
    assert [v.uid for v in gazetteer.versions("Đầm Hà", kind="xã", on=MIDYEAR)] == ["xa:06916@start"]
    assert [v.uid for v in gazetteer.versions("Tân Thành", district="huyện Yên Thành")] == ["xa:17515@start"]
    assert {v.province_code for v in gazetteer.versions("Tân Thành", province="Nghệ An")} == {"40"}
    assert gazetteer.versions("Đầm Hà", kind="thôn") == gazetteer.versions("Không Có Đâu") == ()
    merged = gazetteer.versions("Lưu Vĩnh Sơn")[0]
    assert (merged.valid_from, merged.valid_to) == (dt.date(2020, 1, 1), REFORM)
    assert (merged.decree, merged.ended) == ("819/NQ-UBTVQH14", "reform_2025")
    assert not merged.alive(dt.date(2019, 12, 31))
    assert merged.alive(dt.date(2025, 6, 30))
    assert not merged.alive(REFORM)


@pytest.mark.parametrize(("kind", "name", "on", "level"), TABLE["levels"])
def test_level_of(gazetteer: Gazetteer, kind: str, name: str, on: dt.date | None, level: str | None) -> None:
    assert gazetteer.level_of(kind, name, on) == level


def test_today_of_a_district_is_of_the_day(gazetteer: Gazetteer) -> None:
    (district,) = gazetteer.districts_named("huyện Thạch Hà")
    of_2021 = gazetteer.today(district.uid, MIDYEAR)
    of_2025 = gazetteer.today(district.uid, dt.date(2025, 6, 15))
    assert (len(of_2021), len(of_2025)) == (9, 8)
    assert {unit.province for unit in of_2021} == {"Hà Tĩnh"}
    # Without a day, and after its end, as on its last.
    assert {unit.code for unit in gazetteer.today(district.uid)} == {unit.code for unit in of_2025}
    assert gazetteer.today(district.uid, dt.date(2030, 1, 1)) == of_2025


def test_heirs_of_districts_are_those_of_their_communes(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    """What the lists say of the last districts is what their communes of the last day add up to."""
    last_day = dt.date(2025, 6, 30)
    for district in alive(versions, last_day, "district"):
        units_then = {(unit.code, unit.whole) for unit in gazetteer.today(district.uid, last_day)}
        assert units_then == set(gazetteer.heirs(district.uid))


def test_children(gazetteer: Gazetteer) -> None:
    of_2021 = gazetteer.children("huyện Thạch Hà", MIDYEAR)
    assert len(of_2021) == 22
    assert "Lưu Vĩnh Sơn" in {commune.name for commune in of_2021}
    (district,) = gazetteer.districts_named("Thạch Hà", MIDYEAR)
    assert gazetteer.children(district, MIDYEAR) == gazetteer.children(district.uid, MIDYEAR) == of_2021
    assert len(gazetteer.children("tỉnh Hà Tĩnh", MIDYEAR)) == 13
    assert {v.level for v in gazetteer.children("tỉnh Hà Tĩnh", MIDYEAR)} == {"district"}
    assert {v.level for v in gazetteer.children("tỉnh Hà Tĩnh")} == {"commune"}
    assert len(gazetteer.children("Châu Thành", MIDYEAR, province="Trà Vinh")) == 14
    assert gazetteer.children("huyện Không Có") == ()


def test_children_partition_their_parents(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    for level, child in (("province", "district"), ("district", "commune")):
        found = [v.uid for parent in alive(versions, MIDYEAR, level) for v in gazetteer.children(parent, MIDYEAR)]
        assert sorted(found) == sorted(v.uid for v in alive(versions, MIDYEAR, child))


def test_districts_and_provinces_named(gazetteer: Gazetteer) -> None:
    assert [v.uid for v in gazetteer.districts_named("Kỳ Anh", MIDYEAR)] == [
        "huyen:447@2015-08-31",
        "huyen:449@2015-08-31",
    ]
    assert [v.code for v in gazetteer.districts_named("thị xã Kỳ Anh", MIDYEAR)] == ["449"]
    # Within a year of its end, and later too: an abolished district stays good context.
    assert [v.code for v in gazetteer.districts_named("Lộc Hà", dt.date(2025, 2, 1))] == ["448"]
    assert [v.code for v in gazetteer.districts_named("Lộc Hà", dt.date(2029, 2, 1))] == ["448"]
    assert [v.uid for v in gazetteer.provinces_named("Tuyên Quang", REFORM)] == ["tinh:08@2025-07-01"]
    assert gazetteer.provinces_named("Thạch Hà") == ()
    assert gazetteer.province_of("Thạch Hà", MIDYEAR) == "Hà Tĩnh"
    assert gazetteer.province_of("Huế", MIDYEAR) == "Thừa Thiên Huế"
    assert gazetteer.province_of("Châu Thành", MIDYEAR) is None
    assert gazetteer.province_of("Không Có") is None


def test_communes_in(gazetteer: Gazetteer) -> None:
    names = gazetteer.communes_in("huyen:445@start")
    assert {fold("Lưu Vĩnh Sơn"), fold("Thạch Lưu"), fold("Đồng Tiến")} & names == {
        fold("Lưu Vĩnh Sơn"),
        fold("Thạch Lưu"),
    }
    assert fold("Kỳ Châu") in gazetteer.communes_in("huyen:447@2015-08-31")
    assert fold("Kỳ Châu") not in gazetteer.communes_in("huyen:449@2015-08-31")


def test_points(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    missing = 0
    for version in versions:
        point = gazetteer.point(version.uid)
        if point is None:
            missing += 1
        else:
            assert 7.5 < point[0] < 23.5
            assert 102 < point[1] < 115
    assert missing == 38
    lat, lon = gazetteer.point("xa:18634@2020-01-01") or (0, 0)
    assert (lat, lon) == gazetteer.point("xa:18634@2025-07-01")
    assert lat == pytest.approx(18.32, abs=0.03)


def test_describe() -> None:
    (row,) = units.describe("xã Lưu Vĩnh Sơn", MIDYEAR)
    assert (row.version.uid, row.district, row.province, row.in_force) == (
        "xa:18634@2020-01-01",
        "Thạch Hà",
        "Hà Tĩnh",
        True,
    )
    assert [(unit.code, unit.name, unit.kind, unit.whole) for unit in row.today] == [("18634", "Toàn Lưu", "xã", True)]
    assert [row.version.kind for row in units.describe("Đầm Hà", MIDYEAR)] == ["huyện", "thị trấn", "xã"]
    assert [row.version.uid for row in units.describe("Tân Thành", MIDYEAR, "Yên Thành")] == ["xa:17515@start"]
    (row,) = units.describe("xã Thạch Lưu", MIDYEAR)
    assert (row.in_force, row.version.ended, row.version.valid_to) == (False, "merged", dt.date(2020, 1, 1))
    assert len(units.describe("thành phố Huế")) == 3
    assert units.describe("xã Không Có Đâu") == ()


# ------------------------------------------------------------------ linking


@pytest.mark.parametrize("case", TABLE["links"], ids=lambda case: case["id"])
def test_link(case: dict[str, Any]) -> None:
    home = case.get("home", {})
    linker = Linker(case["day"], home.get("district"), home.get("province"))
    unit = linker.link(**case["ask"])
    assert {name: getattr(unit, name) for name in case["unit"]} == case["unit"]
    assert unit.level == case["ask"]["level"]
    if "today" in case:
        assert sorted(heir.code for heir in unit.today) == case["today"]
    if "candidates" in case:
        assert list(unit.candidates) == case["candidates"]
    if "candidate_count" in case:
        assert len(unit.candidates) >= case["candidate_count"]
    assert (unit.code is None) == (unit.uid is None)
    assert not (unit.code and unit.candidates)
    assert linker.link(**case["ask"]) is unit


DAYS = [dt.date(2005, 6, 1), dt.date(2012, 1, 1), dt.date(2019, 6, 1), MIDYEAR, dt.date(2025, 3, 1), REFORM]


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_commune_is_found_by_name_and_place_on_its_day(
    gazetteer: Gazetteer, versions: list[UnitVersion], day: dt.date
) -> None:
    linker = Linker(day)
    wrong = []
    for version in alive(versions, day, "commune"):
        place = {"district": gazetteer.district_name(version, day), "province": gazetteer.province_name(version, day)}
        unit = linker.link(version.name, kind=version.kind, level="commune", **place)
        assert (unit.district, unit.province) == (place["district"], place["province"])
        if unit.uid != version.uid:
            wrong.append(version)
    # Only what the lists kept on after its merger beside its namesake.
    assert all(version.ended == "ghost" for version in wrong)
    assert len(wrong) <= 1


def test_a_name_alone_is_open_or_right(versions: list[UnitVersion]) -> None:
    linker = Linker(MIDYEAR)
    found: Counter[bool] = Counter()
    listed_on = [version for version in alive(versions, MIDYEAR, "commune") if version.ended == "ghost"]
    assert len(listed_on) == 2
    for version in alive(versions, MIDYEAR, "commune"):
        if version in listed_on:
            continue
        unit = linker.link(version.name, kind=version.kind, level="commune")
        assert unit.uid == version.uid or version.uid in unit.candidates
        found[unit.uid is not None] += 1
    assert found == {True: 6685, False: 3916}


def test_every_commune_is_found_at_home(gazetteer: Gazetteer, versions: list[UnitVersion]) -> None:
    for version in alive(versions, MIDYEAR, "commune")[::7]:
        home = gazetteer.district_name(version, MIDYEAR), gazetteer.province_name(version, MIDYEAR)
        assert Linker(MIDYEAR, *home).link(version.name, kind=version.kind, level="commune").uid == version.uid


NAMES = st.sampled_from(["Tân Thành", "Kỳ Anh", "Đầm Hà", "Châu Thành", "Hà Tĩnh", "Đắk Hà", "5", "Hòa Bình", "Ba"])
PLACES = st.none() | st.sampled_from(["Kỳ Anh", "huyện Châu Thành", "Yên Thành", "Hà Tĩnh", "TP. Huế", ""]) | st.text()


@given(
    name=NAMES | st.text(),
    kind=st.none() | st.sampled_from(["xã", "phường", "thị trấn", "TP.", "huyện", "tỉnh", "thôn"]),
    level=st.sampled_from(["province", "district", "commune", "village"]),
    places=st.tuples(PLACES, PLACES, PLACES, PLACES),
    day=st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1)),
)
def test_link_is_deterministic_and_consistent(name: str, kind: Any, level: Any, places: Any, day: Any) -> None:
    district, province, *home = places
    asked = {"kind": kind, "level": level, "district": district, "province": province}
    unit = Linker(day, *home).link(name, **asked)
    assert unit == Linker(day, *home).link(name, **asked)
    for uid in (unit.uid, *unit.candidates):
        if uid:
            version = units.gazetteer().at(uid)
            assert version.level == level
            assert fold(version.name) == fold(name)
    assert len(set(unit.candidates)) == len(unit.candidates)
