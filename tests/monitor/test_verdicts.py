"""Verdicts against chains of records written by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from monitor_chains import Chain, chains, faults

from ntm_extract.monitor import verdicts

CHAINS = chains("chains")


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.id)
def test_verdicts_of_a_chain(chain: Chain) -> None:
    found: list[str] = []
    for expected in chain.data["expect"]:
        as_of = dt.date.fromisoformat(str(expected["as_of"]))
        given = verdicts(chain.records, as_of, moved=True)
        found += [f"as of {as_of}: {fault}" for wanted in expected["verdicts"] for fault in faults(given, wanted)]
        if "number" in expected and len(given) != expected["number"]:
            found.append(f"as of {as_of}: {len(given)} verdicts, expected {expected['number']}")
        own = verdicts(chain.records, as_of)
        if "own" in expected and len(own) != expected["own"]:
            found.append(f"as of {as_of}: {len(own)} verdicts without moved days, expected {expected['own']}")
    assert not found, "\n".join(found)


def misses(tested: list[Chain], *, moved: bool) -> tuple[int, list[str]]:
    """How many verdicts the chains expect, and a line for each that is not given."""
    total, wrong = 0, []
    for chain in tested:
        for expected in chain.data["expect"]:
            given = verdicts(chain.records, dt.date.fromisoformat(str(expected["as_of"])), moved=moved)
            total += len(expected["verdicts"])
            wrong += [f"{chain.id}: {found}" for wanted in expected["verdicts"] if (found := faults(given, wanted))]
            if "number" in expected and len(given) != expected["number"]:
                wrong.append(f"{chain.id}, as of {expected['as_of']}: {len(given)} verdicts")
    return total, wrong


# Of the expectations of the chains held out: 28 of 29 on the first run. The one missed (a unit's name within the phrase
# that strikes it off) showed a rule wanting; it was mended on another chain, and the floor raised since.
HELD_OUT = chains("chains_heldout")
FLOOR = 29


def test_chains_held_out() -> None:
    total, wrong = misses(HELD_OUT, moved=True)
    assert total - len(wrong) >= FLOOR, "\n".join(wrong)


# Written by others from the contract alone and measured once before anybody had read them: 182 of 185 held. One of the
# three was the order in which the heirs of a unit are told, which the contract leaves open, and ``faults`` since; the
# others (a number said to fall short with the names of those that did, a caption within a line) were mended on chains
# of ours.
BLIND = chains("chains_blind")
OF_BLIND = 185


def test_chains_written_blind() -> None:
    total, wrong = misses(BLIND, moved=False)
    assert total == OF_BLIND
    assert not wrong, "\n".join(wrong)


def test_chains_are_as_many_as_they_should_be() -> None:
    assert len(CHAINS) >= 12
    assert sum(len(chain.records) for chain in CHAINS) >= 60
    assert len(HELD_OUT) >= 6
    assert len(BLIND) >= 12
    assert len({chain.id for chain in (*CHAINS, *HELD_OUT, *BLIND)}) == len(CHAINS) + len(HELD_OUT) + len(BLIND)
