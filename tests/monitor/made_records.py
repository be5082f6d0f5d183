"""Records made at random: articles on the communes of a district, with sentences of our own and facts that quote them.

``made_records`` gives as many as asked for, always the same for a seed. They say all that comparing tells apart:
years given and not, forecasts and hedges, numbers of units, standards taken back, deadlines of several years.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ntm_extract.model import (
    Achievement,
    Commitment,
    CountRange,
    CriteriaCount,
    CriteriaStatus,
    Evidence,
    Home,
    Meeting,
    Period,
    Record,
    Result,
    Subject,
    Target,
    Unit,
    UnitMention,
)
from ntm_extract.units import UnitVersion, gazetteer

FACTS = 10  # facts an article
# How often each kind comes, about as in the demo corpus.
KINDS = {"target": 3, "achievement": 5, "count": 4, "status": 3, "commitment": 5, "result": 6}
# Standards and the year from which units are recognised for them.
STANDARDS = {"ntm": 2010, "ntm_advanced": 2018, "ntm_model": 2018}
IN_WORDS = {
    "ntm": "nông thôn mới",
    "ntm_advanced": "nông thôn mới nâng cao",
    "ntm_model": "nông thôn mới kiểu mẫu",
}
FIRST, LAST = dt.date(2012, 1, 1), dt.date(2026, 6, 30)
# What an article says besides, the words by which a statement would say less among them, about something else.
FILLING = (
    "Nhân dân đóng góp hàng nghìn ngày công làm đường, hiến đất mở rộng các tuyến ngõ xóm.",
    "Nguồn vốn dự kiến phân bổ cho các xã chờ hội đồng nhân dân thông qua.",
    "Hệ thống kênh mương cơ bản đã hoàn thành, phục vụ tưới tiêu cho toàn bộ diện tích lúa.",
    "Các mô hình trồng cây ăn quả cho thu nhập khá, có khả năng nhân rộng ra toàn vùng.",
    "Đại diện các phòng, ban chia sẻ kinh nghiệm và giải đáp kiến nghị của cơ sở.",
    "Sản lượng lương thực sẽ đạt kế hoạch nếu thời tiết thuận lợi.",
    "Phong trào sáng, xanh, sạch, đẹp được duy trì vào ngày chủ nhật hằng tuần.",
)


def made_records(
    number: int, seed: int = 0, *, districts: int | None = None, doubtful: float = 0.03
) -> Iterator[Record]:
    """So many records, each on a district of its day; ``districts`` is from how many these are drawn (else: all).

    ``doubtful`` is the share of statements that are forecasts, are hedged or were taken back.
    """
    chance = random.Random(seed)
    areas = _areas()
    names = sorted(areas)
    if districts is not None:
        names = chance.sample(names, districts)
    days = (LAST - FIRST).days
    for at in range(number):
        day = FIRST + dt.timedelta(days=chance.randrange(days))
        yield _Article(chance, areas[chance.choice(names)], day, doubtful).record(f"{seed}-{at}")


def _areas() -> dict[str, list[UnitVersion]]:
    """Communes by the code of their district; those of today, which have none, by that of their province."""
    areas: dict[str, list[UnitVersion]] = {}
    for version in gazetteer():
        if version.level == "commune":
            areas.setdefault(version.district_code or f"p{version.province_code}", []).append(version)
    return {code: own for code, own in areas.items() if len(own) > 3}


@cache
def _unit(version: UnitVersion) -> Unit:
    """A version as extraction gives it."""
    units, day = gazetteer(), version.valid_from or FIRST
    return Unit(
        level=version.level,
        name=version.name,
        kind=version.kind,
        code=version.code,
        district=units.district_name(version, day) if version.level == "commune" else None,
        province=units.province_name(version, day) if version.level != "province" else None,
        uid=version.uid,
        today=units.today(version.uid),
    )


def _area(level: str, code: str | None, day: dt.date) -> Unit | None:
    versions = _versions().get((level, code or ""), [])
    return next((_unit(version) for version in versions if version.alive(day)), None)


@cache
def _versions() -> dict[tuple[str, str], list[UnitVersion]]:
    found: dict[tuple[str, str], list[UnitVersion]] = {}
    for version in gazetteer():
        found.setdefault((version.level, version.code), []).append(version)
    return found


class _Article:
    """One article under way: its text so far and the facts that quote it."""

    def __init__(self, chance: random.Random, communes: Sequence[UnitVersion], day: dt.date, doubtful: float) -> None:
        self.chance, self.day, self.doubtful = chance, day, doubtful
        alive = [version for version in communes if version.alive(day)] or list(communes)
        self.units = [_unit(version) for version in chance.sample(alive, min(len(alive), 6))]
        self.district = _area("district", alive[0].district_code, day)
        self.province = _area("province", alive[0].province_code, day)
        self.text = ""
        self.facts: dict[str, list[Any]] = {}
        self.mentions: list[UnitMention] = []

    def record(self, name: str) -> Record:
        for say in self.chance.choices([getattr(self, kind) for kind in KINDS], [*KINDS.values()], k=FACTS):
            if self.chance.random() < 0.4:
                self.text += self.chance.choice(FILLING) + ("\n" if self.chance.random() < 0.3 else " ")
            say()
        met = self.chance.random()
        return Record(
            id=name,
            source="made",
            url=f"https://example.org/{name}",
            title=f"Bài số {name}",
            published=self.day if met < 0.95 else None,
            home=Home(district=self.district, province=self.province),
            meeting=Meeting(date=self.day - dt.timedelta(days=self.chance.randrange(4)), kind="hội nghị")
            if met > 0.6
            else None,
            text=self.text,
            units=tuple(self.mentions),
            **{kind: tuple(facts) for kind, facts in self.facts.items()},
        )

    # -------------------------------------------------------------- what it says

    def target(self) -> None:
        standard, year = self._standard(), self.day.year + self.chance.choice((0, 0, 0, 1, 1, 2))
        deadline = None if self.chance.random() < 0.1 else _year(year)
        when = f" trong năm {year}" if deadline else ""
        subject, who = self._subject()
        self._say("targets", Target, f"Phấn đấu{when}, {who} đạt chuẩn {IN_WORDS[standard]}.", subject,
                  outcome="standard", standard=standard, deadline=deadline, modality="goal")  # fmt: skip

    def achievement(self) -> None:
        standard, chance = self._standard(), self.chance.random()
        period: Period | None = None
        when = ""
        if chance < 0.5:
            period = _year(self.day.year - self.chance.choice((0, 0, 0, 1)))
            when = f" {period.text}"
        elif chance < 0.6:
            day = self.day - dt.timedelta(days=self.chance.randrange(300))
            period = Period(text=f"ngày {day:%d/%m/%Y}", start=day, end=day)
            when = f" {period.text}"
        elif chance < 0.65:
            period = Period(text=f"đến năm {self.day.year}", end=dt.date(self.day.year, 12, 31))
            when = f" {period.text}"
        elif chance < 0.7:
            period = Period(text="giai đoạn", start=dt.date(self.day.year - 2, 1, 1), end=self.day)
            when = f" {period.text}"
        doubt = (
            self.chance.choices(("lead", "tail", "lost"), (10, 8, 0.5))[0]
            if self.chance.random() < self.doubtful
            else ""
        )
        status = "lost" if doubt == "lost" else self.chance.choices(("recognised", "met", "appraised"), (6, 5, 1))[0]
        verb = {"recognised": "được công nhận đạt chuẩn", "met": "đạt chuẩn", "lost": "không còn giữ chuẩn"}
        lead = "Dự kiến " if doubt == "lead" else self.chance.choice(("", "", "Hiện nay, ", "Trên địa bàn có "))
        tail = self.chance.choice((", đang chờ thẩm định", ", cơ bản đạt các tiêu chí")) if doubt == "tail" else ""
        subject, who = self._subject()
        sentence = f"{lead}{who} {verb.get(status, 'được thẩm định đạt chuẩn')} {IN_WORDS[standard]}{when}{tail}."
        self._say("achievements", Achievement, sentence, subject, cut=len(lead), standard=standard, status=status,
                  period=period)  # fmt: skip

    def count(self) -> None:
        reached, unit = self.chance.randrange(5, 20), self.chance.choice(self.units)
        self._say("criteria_counts", CriteriaCount, f"Đến nay, xã {unit.name} đạt {reached}/19 tiêu chí.",
                  self._of(unit), standard="ntm", achieved=reached, total=19)  # fmt: skip

    def status(self) -> None:
        unit = self.chance.choice(self.units)
        self._say("criteria_status", CriteriaStatus, f"Tại xã {unit.name}, tiêu chí môi trường còn khó.",
                  self._of(unit), standard="ntm", criterion="moi_truong", status="weak")  # fmt: skip

    def commitment(self) -> None:
        self._say("commitments", Commitment, "Chủ tịch UBND huyện yêu cầu các xã rà soát từng tiêu chí.", None,
                  act="directive", actor="Chủ tịch UBND huyện", action="rà soát từng tiêu chí")  # fmt: skip

    def result(self) -> None:
        length = self.chance.randrange(1, 900)
        self._say("results", Result, f"Toàn huyện bê tông hóa {length} km đường giao thông.", None,
                  what="đường giao thông", value=length, unit="km")  # fmt: skip

    # -------------------------------------------------------------- how it is put down

    def _standard(self) -> str:
        return self.chance.choice([name for name, first in STANDARDS.items() if first <= self.day.year])

    def _of(self, *units: Unit) -> Subject:
        return Subject(level="commune", units=units)

    def _subject(self) -> tuple[Subject, str]:
        if self.chance.random() < 0.15:
            number = self.chance.randrange(1, 9)
            within = self.district if self.chance.random() < 0.5 else None
            count = CountRange(min=number, max=number)
            return Subject(level="commune", count=count, within=within), f"thêm {number} xã"
        units = self.chance.sample(self.units, min(len(self.units), self.chance.choice((1, 1, 1, 2, 3))))
        return self._of(*units), "xã " + ", ".join(unit.name for unit in units)

    def _say(
        self, kind: str, fact: Any, sentence: str, subject: Subject | None, /, *, cut: int = 0, **slots: Any
    ) -> None:
        start, sentence = len(self.text), sentence[0].upper() + sentence[1:]
        self.text += sentence + " "
        begin = start + cut
        evidence = Evidence(start=begin, end=start + len(sentence), text=sentence[cut:], rule="made.at_random")
        for unit in subject.units if subject else ():
            at = sentence.index(unit.name)
            self.mentions.append(
                UnitMention(unit=unit, start=start + at, end=start + at + len(unit.name), text=unit.name)
            )
        if subject is not None:
            slots["subject"] = subject
        self.facts.setdefault(kind, []).append(fact(evidence=evidence, **slots))


def _year(year: int) -> Period:
    return Period(text=f"năm {year}", start=dt.date(year, 1, 1), end=dt.date(year, 12, 31))
