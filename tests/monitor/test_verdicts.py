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
        given = verdicts(chain.records, as_of)
        found += [f"as of {as_of}: {fault}" for wanted in expected["verdicts"] for fault in faults(given, wanted)]
        if "number" in expected and len(given) != expected["number"]:
            found.append(f"as of {as_of}: {len(given)} verdicts, expected {expected['number']}")
    assert not found, "\n".join(found)
