"""Claims as files, and when a claim counts as agreeing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.queries.claim_measures import Figure
from cohabit.queries.claims import MEASURES, Claim, load_claims
from cohabit.queries.study import verdict

HEAD = 'title = "Mine"\n[[claim]]\nclaim = "A"\n'


def test_the_bundled_claims_are_the_published_ones() -> None:
    """The table of the study: hosts, observations, countries, networks, the pair, ranks, capabilities, and so on."""
    study = load_claims()
    published = {claim.claim: claim.published for claim in study.claims}
    assert published["Hosts"] == 175_108
    assert published["Hosts with Llama and Qwen2 together"] == 40_694
    assert published["Share of multi-model hosts with Llama and Qwen2"] == 0.52
    assert published["Networks"] == 4_032
    assert [claim.items for claim in study.claims if claim.measure == "order"] == [
        ["llama", "qwen2", "gemma2", "qwen3", "nomic-bert"]
    ]
    assert {claim.measure for claim in study.claims} == set(MEASURES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "the claims are not valid TOML"),
        ('title = "Mine"\nclaim = []', "there is no [[claim]] in it"),
        ("claim = []", "Object missing required field `title`"),
        (HEAD, "Object missing required field `measure`"),
        (HEAD + 'measure = "hosts"\ncolour = 1', "Object contains unknown field `colour`"),
        (HEAD + 'measure = "guess"', "claim 1 (A): measure 'guess' is not known; there are: hosts, "),
        (HEAD + 'measure = "order"', "claim 1 (A): the measure order needs items"),
        (HEAD + 'measure = "place"\nby = "country"', "claim 1 (A): the measure place needs place"),
        (HEAD + 'measure = "place"\nby = "town"\nplace = "x"', "by 'town' is not a place; choose from country, "),
        (HEAD + 'measure = "hosts"\nlevel = "town"', "level 'town' is not a level; choose from model, "),
        (HEAD + 'measure = "observations-of-busiest"\nshare = 13', "share 13.0 is not between 0 and 1"),
        (HEAD + 'measure = "outlook"\nitems = ["CN"]\nmonths = 99', "months 99: it takes 1 to 60"),
        (HEAD + 'measure = "hosts-with"\nitems = ["x"]\nby_line = true', "by_line needs 'x' under [lines]"),
        ('title = "Mine"\n[[claim]]\nclaim = " "\nmeasure = "hosts"', "its claim is blank"),
    ],
)
def test_mistakes_are_one_line_that_names_the_file(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(text)
    with pytest.raises(DataError) as error:
        load_claims(path)
    assert message in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.toml: the claims cannot be read: No such file"):
        load_claims(tmp_path / "nowhere.toml")
    path = tmp_path / "claims.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"the claims are not UTF-8 text \(byte 0\)"):
        load_claims(path)


def claim(published: float | None, measure: str = "share-with", **more: object) -> Claim:
    return Claim(claim="A", measure=measure, published=published, items=["a", "b"], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "figure", "expected"),
    [
        # 52 % is anything from 51.5 % to 52.5 %.
        (claim(0.52), Figure(0.5, "", 0.48, 0.514), "lower"),
        (claim(0.52), Figure(0.5, "", 0.48, 0.515), "agrees"),
        (claim(0.52), Figure(0.55, "", 0.525, 0.57), "agrees"),
        (claim(0.52), Figure(0.55, "", 0.526, 0.57), "higher"),
        (claim(0.52, rounding=0.02), Figure(0.55, "", 0.54, 0.57), "agrees"),
        (claim(100), Figure(100, ""), "agrees"),
        (claim(100), Figure(101, ""), "higher"),
        (claim(100, rounding=1), Figure(101, ""), "agrees"),
        (claim(0.01, below=True), Figure(0.004, ""), "agrees"),
        (claim(0.01, below=True), Figure(0.011, ""), "higher"),
        (claim(0.52), Figure(None, ""), "not in this data"),
        (claim(0.52), Figure(0.52, "", 0.51, 0.53, minority=True), "not in this data"),
        (claim(None), Figure(0.5, "", 0.4, 0.6), None),
        (claim(None, "order"), Figure(2, ""), "agrees"),
        (claim(None, "order"), Figure(1, ""), "differs"),
        (claim(2, "worst-rank"), Figure(2, "", 2, 2), "agrees"),
        (claim(2, "worst-rank"), Figure(2, "", 1, 2), "differs"),
        (claim(2, "worst-rank"), Figure(2, "", 2, 2, lacking="by 3 of 5 metrics"), "agrees in part"),
        (claim(2, "worst-rank"), Figure(2, "", 1, 2, lacking="by 3 of 5 metrics"), "differs"),
        (claim(None, "outlook"), Figure(0.6, "", 0.5, 0.7), "agrees"),
        (claim(None, "outlook"), Figure(0.6, "", 0.5, 0.7, open=True), "open"),
    ],
)
def test_verdicts(made: Claim, figure: Figure, expected: str | None) -> None:
    assert verdict(made, figure) == expected
