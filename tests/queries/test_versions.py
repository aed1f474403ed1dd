"""Versions as servers write them: their order, and the comparisons of `--version`."""

from __future__ import annotations

from itertools import combinations

import pytest

from cohabit.errors import UsageError
from cohabit.queries.versions import Comparison, parse_version

# Ascending; a row holds spellings of one and the same version.
ORDER = [
    ["0.0.1"],
    ["0.1.33-rc5", "0.1.33-rc5-1-gabcdef0"],
    ["0.1.33", "v0.1.33"],
    ["0.5.7"],
    ["0.6.2", "0.6.2-0-g1234567", "0.6.2+cu118", "0.6.2-ipexllm-20250331", " V0.6.2 "],
    ["0.7.0.dev12+gabc", "0.7.0.dev12"],
    ["0.7.0a1", "0.7.0-alpha.1", "0.7-alpha1"],
    ["0.7.0-beta"],
    ["0.7.0-beta.2", "0.7.0b2"],
    ["0.7.0-rc1", "0.7.0rc1", "0.7.0-RC.1", "0.7-pre1"],
    ["0.7.0-rc2"],
    ["0.7.0-rc10"],
    ["0.7.0", "0.7", "0.7.0.0", "0.7.0.post1", "0.7.0-abcdef"],
    ["0.7.1"],
    ["0.10.0"],
    ["2024.5.1"],
]


def test_order() -> None:
    for older, newer in combinations(range(len(ORDER)), 2):
        for a in ORDER[older]:
            for b in ORDER[newer]:
                first, second = parse_version(a), parse_version(b)
                assert first is not None
                assert second is not None
                assert first < second, (a, b)
                assert Comparison.parse(f"<{b}").holds(a)
                assert Comparison.parse(f"<= {b}").holds(a)
                assert Comparison.parse(f">{a}").holds(b)
                assert Comparison.parse(f">={a}").holds(b)
                assert not Comparison.parse(f"={a}").holds(b)
                assert not Comparison.parse(f"<{a}").holds(b)


def test_spellings_are_equal() -> None:
    for spellings in ORDER:
        for a in spellings:
            for b in spellings:
                for sign in ("", "=", "<=", ">="):
                    assert Comparison.parse(sign + a).holds(b), (sign, a, b)
                for sign in ("<", ">"):
                    assert not Comparison.parse(sign + a).holds(b), (sign, a, b)


@pytest.mark.parametrize("text", ["b4567", "latest", "", "unknown", "ollama 0.5.7", ".5", "0.0.0", "0", "v"])
def test_what_is_no_release_meets_no_comparison(text: str) -> None:
    for comparison in ("<99", ">=0.0.0", "=0", ">0"):
        assert not Comparison.parse(comparison).holds(text)


@pytest.mark.parametrize("text", ["<", "", "=>0.7", "<<0.7", "!=0.7", "<x", "~0.7"])
def test_no_comparison(text: str) -> None:
    with pytest.raises(UsageError, match=r"--version .*: not a comparison of versions; write it as '<0\.7'"):
        Comparison.parse(text)
