"""Sets of criteria and what may be compared."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ntm_extract.errors import ConfigurationError
from ntm_extract.monitor import compare_counts, criteria_sets, load_criteria_sets, refusal, segments, yardstick
from ntm_extract.monitor.yardsticks import Point, including

# The criterion ids that facts carry.
IDS = {
    "quy_hoach",
    "giao_thong",
    "thuy_loi",
    "dien",
    "truong_hoc",
    "co_so_vat_chat_van_hoa",
    "ha_tang_thuong_mai",
    "thong_tin_truyen_thong",
    "nha_o",
    "thu_nhap",
    "ho_ngheo",
    "lao_dong",
    "to_chuc_san_xuat",
    "giao_duc",
    "y_te",
    "van_hoa",
    "moi_truong",
    "chat_luong_moi_truong_song",
    "he_thong_chinh_tri",
    "tiep_can_phap_luat",
    "hanh_chinh_cong",
    "quoc_phong_an_ninh",
    "khu_dan_cu_kieu_mau",
}


@pytest.mark.parametrize("one", criteria_sets().sets, ids=lambda one: one.id)
def test_a_set_is_whole(one) -> None:  # type: ignore[no-untyped-def]
    assert one.last is None or one.first < one.last
    numbers = [criterion.number for criterion in one.criteria]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {cid for criterion in one.criteria for cid in criterion.ids} <= IDS
    if one.criteria and one.criteria_n is not None:
        assert len(one.criteria) == one.criteria_n


def test_sets_of_one_level_and_standard_follow_each_other() -> None:
    sets = criteria_sets().sets
    for one in sets:
        for other in sets:
            if one is not other and (one.level, one.standard) == (other.level, other.standard):
                assert not (one.in_force(other.first) and other.in_force(one.first))
                assert not one.in_force(other.first)


CASES = [
    # level, standard, metric, day, province, total -> set, size, certain
    ("commune", "ntm", "criterion", "2014-05-01", "Nghệ An", 19, "commune_ntm_2009", 19, True),
    ("commune", "ntm", "criterion", "2019-05-01", "Nghệ An", 19, "commune_ntm_2016", 19, True),
    ("commune", "ntm", "criterion", "2021-11-01", "Nghệ An", None, "commune_ntm_2016", 19, True),
    ("commune", "ntm", "criterion", "2019-05-01", "Hà Tĩnh", 20, "commune_ntm_2016", 20, True),
    ("commune", "ntm", "criterion", "2022-06-01", "Nghệ An", 19, "commune_ntm_2022", 19, False),
    ("commune", "ntm", "criterion", "2024-06-01", "Nghệ An", 19, "commune_ntm_2022", 19, True),
    ("commune", "ntm", "criterion", "2026-06-01", "Nghệ An", 10, "commune_ntm_2026", 10, True),
    ("commune", "ntm", "indicator", "2024-06-01", "Nghệ An", 57, "commune_ntm_2022", 57, True),
    ("commune", "ntm_advanced", "criterion", "2021-06-01", "Nghệ An", 15, "commune_ntm_advanced_2018", 15, True),
    ("commune", "ntm_advanced", "criterion", "2022-06-01", "Nghệ An", 15, "commune_ntm_advanced_2018", 15, True),
    ("commune", "ntm_advanced", "criterion", "2022-06-01", "Nghệ An", 19, "commune_ntm_advanced_2022", 19, True),
    ("commune", "ntm_advanced", "criterion", "2023-11-23", "Hà Tĩnh", 20, "commune_ntm_advanced_2022", 20, True),
    ("commune", "ntm_advanced", "criterion", "2021-06-01", "Lào Cai", 14, "commune_ntm_advanced_2018", 14, True),
    ("commune", "ntm", "criterion", "2024-06-01", "Nghệ An", 13, None, 13, False),
    ("district", "ntm", "criterion", "2020-06-01", "Nghệ An", 9, "district_ntm_2016", 9, True),
    ("district", "ntm", "indicator", "2020-06-01", "Nghệ An", None, "district_ntm_2016", None, False),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]}-{case[3]}-{case[4]}-{case[5]}")
def test_yardstick_of_a_count(case) -> None:  # type: ignore[no-untyped-def]
    level, standard, metric, day, province, total, set_id, size, certain = case
    found = yardstick(level, standard, metric, dt.date.fromisoformat(day), province, total)
    assert (found.set_id, found.total, found.certain) == (set_id, size, certain)


def _point(
    day: str, achieved: float, total: float | None, *, province: str = "Nghệ An", standard: str = "ntm_advanced"
) -> Point:
    date = dt.date.fromisoformat(day)
    return Point(date, achieved, yardstick("commune", standard, "criterion", date, province, total), "a")  # type: ignore[arg-type]


def test_a_fall_over_a_change_of_the_set_is_a_break() -> None:
    series = [_point("2021-05-01", 11, 15), _point("2021-11-01", 13, 15), _point("2022-12-01", 12, 19)]
    before, after = segments(series)
    assert [point.achieved for point in before.points] == [11, 13]
    assert after.broken_by == "the set changed: commune_ntm_advanced_2018/15 against commune_ntm_advanced_2022/19"
    compared = compare_counts(series[1], series[2])
    assert compared.difference is None
    assert compared.shares is None
    assert compared.refused == after.broken_by
    assert compare_counts(series[1], series[2], shares=True).shares == pytest.approx((13 / 15, 12 / 19))
    assert compare_counts(series[0], series[1]).difference == 2


def test_provinces_with_sets_of_their_own_are_not_compared() -> None:
    one, other = _point("2021-05-01", 11, 15), _point("2021-05-01", 11, 15, province="Bà Rịa - Vũng Tàu")
    assert (
        refusal(one.yardstick, other.yardstick) == "provinces have sets of their own: Nghệ An against Bà Rịa - Vũng Tàu"
    )


def test_of_a_set_of_unknown_origin_nothing_is_assumed() -> None:
    one, other = (
        _point("2024-05-01", 11, None, standard="civilized_urban"),
        _point("2010-05-01", 4, None, standard="ntm_model"),
    )
    assert refusal(one.yardstick, other.yardstick)
    unknown = yardstick("commune", "ntm_model", "criterion", dt.date(2010, 5, 1), "Nghệ An")
    assert (
        refusal(unknown, unknown) == "it is not known on which set they were counted (unknown set (ntm_model, Nghệ An))"
    )


def test_nested_standards() -> None:
    assert set(including("ntm")) == {"ntm_advanced", "ntm_model"}
    assert including("ntm_advanced") == ("ntm_model",)
    assert including("civilized_urban") == ()


def test_every_fault_of_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sets.yml"
    path.write_text("sets:\n  - {id: a}\n  - {id: b, level: commune}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        load_criteria_sets(path)
    assert "set a" in str(error.value)
    assert "set b" in str(error.value)
    with pytest.raises(ConfigurationError, match="restore"):
        load_criteria_sets(tmp_path / "none.yml")
