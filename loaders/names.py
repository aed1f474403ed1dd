"""Model references as text: canonical form, parts, the facts that a name spells out, and patterns over its words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

MAX_NAME = 1024
DEFAULT_TAG = "latest"

# Also when written twice: what is left must not have to be shortened again.
_DEFAULT_PLACE = re.compile(r"(?:(?:registry\.ollama\.ai|library)/\s*)+")
_RENAMED = ("huggingface.co/", "hf.co/")

# A size ("1.5b", "8x7b") stays one word, so that "gemma-2b" does not read as version 2 of Gemma.
_WORD = re.compile(r"(?:[0-9]+x)?[0-9]+(?:\.[0-9]+)?[bm](?![a-z])|[0-9]+(?:\.[0-9]+)*|[a-z]+")

# A single letter before the number says that it is something else: active parameters ("30b-a3b"), an effective size
# ("e4b"), a release ("command-r7b"), one expert of a mixture ("8x7b").
_SIZE = re.compile(
    r"(?<![0-9.])(?<!(?<![a-z])[a-z])([0-9]{1,5}(?:\.[0-9]{1,3})?)([bm])(?![a-z0-9])",
)
_UNITS = {"b": 1_000_000_000, "m": 1_000_000}
# "1m" in a name is a context of a million tokens: the smallest models that are served have 14 to 22 million parameters.
_SMALLEST = 10_000_000

_QUANTIZATION = re.compile(
    r"(?<![a-z0-9])(?:"
    r"(?P<i>iq[1-4])[_-]?(?P<i_kind>xxs|xs|s|m|nl)"
    r"|(?P<k>q[2-68])[_-]?k(?:[_-]?(?P<k_kind>xl|l|m|s))?"
    r"|(?P<legacy>q[45])[_-](?P<legacy_kind>[01])"
    r"|(?P<eight>q8)[_-]0"
    r"|(?P<ternary>tq[12])[_-]0"
    r"|(?P<float>bf16|fp?16|fp?32)(?![_-]?q[0-9])"
    r"|(?P<mx>mxfp4)"
    r"|(?P<bare>q[68])(?![_-][0-9k])"
    r")(?![a-z0-9])"
)
# What a server reports comes from the file type in the weights; uploaders' finer names (an «L» or «XL» with larger
# embedding layers) are not file types. Q3_K_XL is missing: it is used for two different ones.
_FILE_TYPES = {
    "Q2_K": "Q2_K",
    "Q2_K_S": "Q2_K_S",
    "Q2_K_L": "Q2_K",
    "Q2_K_XL": "Q2_K",
    "Q3_K": "Q3_K_M",
    "Q3_K_S": "Q3_K_S",
    "Q3_K_M": "Q3_K_M",
    "Q3_K_L": "Q3_K_L",
    "Q4_K": "Q4_K_M",
    "Q4_K_S": "Q4_K_S",
    "Q4_K_M": "Q4_K_M",
    "Q4_K_L": "Q4_K_M",
    "Q4_K_XL": "Q4_K_M",
    "Q5_K": "Q5_K_M",
    "Q5_K_S": "Q5_K_S",
    "Q5_K_M": "Q5_K_M",
    "Q5_K_L": "Q5_K_M",
    "Q5_K_XL": "Q5_K_M",
    "Q6_K": "Q6_K",
    "Q6_K_M": "Q6_K",
    "Q6_K_L": "Q6_K",
    "Q6_K_XL": "Q6_K",
    "Q8_K_XL": "Q8_0",
}


def canonical_model(raw: str) -> str | None:
    """Return the canonical form of a model reference, or None when it names no model.

    Lower case, without surrounding white space, default registry and ``library/`` dropped, ``huggingface.co/`` written
    ``hf.co/``, the tag always there; everything else stays as it came. At most 1,024 characters: what is beyond is cut.
    The function is idempotent.
    """
    name = raw.lower().strip()
    if place := _DEFAULT_PLACE.match(name):
        name = name[place.end() :]
    if name.startswith(_RENAMED[0]):
        name = _RENAMED[1] + name[len(_RENAMED[0]) :]
    name = name[:MAX_NAME].rstrip()
    model, tag = _split_tag(name)
    if not model.strip():
        return None
    if tag:
        return name
    return f"{model[: MAX_NAME - len(DEFAULT_TAG) - 1]}:{DEFAULT_TAG}"


def split_model(canonical: str) -> tuple[str, str, str]:
    """Split a canonical name into registry and namespace (together, possibly empty), model and tag."""
    name, tag = _split_tag(canonical)
    place, _, model = name.rstrip("/").rpartition("/")
    return place, model, tag


def words(text: str) -> tuple[str, ...]:
    """Cut lower-case text into letters, numbers and sizes: ``qwen2.5-coder-7b`` is qwen, 2.5, coder, 7b."""
    return tuple(_WORD.findall(text))


def named_size(text: str) -> int | None:
    """Return the first parameter count that lower-case text spells out (``1.5b``, ``135m``): a nominal one, or None."""
    for number, unit in _SIZE.findall(text):
        count = int(Decimal(number) * _UNITS[unit])
        if count >= _SMALLEST:
            return count
    return None


def named_quantization(text: str) -> str | None:
    """Return the quantisation that lower-case text spells out, as servers report it (``Q4_K_M``, ``F16``), or None."""
    match = _QUANTIZATION.search(text)
    if match is None:
        return None
    part = match.groupdict()
    if part["i"]:
        return f"{part['i']}_{part['i_kind']}".upper()
    if part["k"]:
        kind = f"_{part['k_kind']}" if part["k_kind"] else ""
        return _FILE_TYPES.get(f"{part['k']}_k{kind}".upper())
    if part["legacy"]:
        return f"{part['legacy']}_{part['legacy_kind']}".upper()
    if whole := part["ternary"] or part["eight"]:
        return f"{whole}_0".upper()
    if part["float"]:
        return part["float"].replace("fp", "f").upper()
    if part["mx"]:
        return "MXFP4"
    # Of the eight-bit and six-bit types each has one file type in use; "q4" or "q5" alone could be several.
    return {"q8": "Q8_0", "q6": "Q6_K"}[part["bare"]]


def _split_tag(name: str) -> tuple[str, str]:
    """Split at the last colon after the last slash: a colon before it belongs to a registry's port."""
    colon = name.rfind(":")
    if colon <= name.rfind("/"):
        return name, ""
    return name[:colon], name[colon + 1 :]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Runs of words that must stand in a name in this order; in the text, ``*`` between two runs is any words or none.

    ``^`` before the text ties it to the start of the name, ``$`` after it to the end. `weight` is the number of words.
    """

    runs: tuple[tuple[str, ...], ...]
    at_start: bool
    at_end: bool
    weight: int
    text: str

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read a pattern; ValueError when the text is not lower case or a run has no words."""
        runs = tuple(words(part) for part in text.removeprefix("^").removesuffix("$").split("*"))
        if text != text.lower() or not all(runs):
            raise ValueError("a pattern is lower-case words, with * only between words")
        return cls(runs, text.startswith("^"), text.endswith("$"), sum(map(len, runs)), text)

    @property
    def meaning(self) -> tuple[object, ...]:
        """What the pattern matches, however it is spelled: ``llama-3`` and ``llama3`` mean the same."""
        return self.runs, self.at_start, self.at_end

    def matches_at(self, name: tuple[str, ...], start: int) -> bool:
        """Say whether the pattern's first word is `name[start]` and all others are where they must be."""
        position = start + len(self.runs[0])
        if name[start:position] != self.runs[0] or (self.at_start and start):
            return False
        for run in self.runs[1:]:
            width = len(run)
            last = len(name) - width
            first = max(position, last) if self.at_end and run is self.runs[-1] else position
            found = next((place for place in range(first, last + 1) if name[place : place + width] == run), None)
            if found is None:
                return False
            position = found + width
        return not self.at_end or position == len(name)


class Match(NamedTuple, Generic[T]):
    """A pattern found in a name at the word `position`, and what it stands for."""

    pattern: Pattern
    position: int
    target: T

    @property
    def precedence(self) -> tuple[int, int, str]:
        """More words first, then the earlier; the text only makes the order total, so file order never decides."""
        return self.pattern.weight, -self.position, self.pattern.text


class PatternTable(Generic[T]):
    """Patterns with what they stand for, kept by their first two words: a name meets only the few that could match."""

    def __init__(self, patterns: Iterable[tuple[Pattern, T]]) -> None:
        self._by_start: dict[tuple[str, ...], list[tuple[Pattern, T]]] = {}
        for pattern, target in patterns:
            self._by_start.setdefault(pattern.runs[0][:2], []).append((pattern, target))

    def matches(self, name: tuple[str, ...]) -> list[Match[T]]:
        """Return every match in a name given as words."""
        found = []
        for start in range(len(name) if self._by_start else 0):
            for key in {name[start : start + 1], name[start : start + 2]}:
                for pattern, target in self._by_start.get(key, ()):
                    if pattern.matches_at(name, start):
                        found.append(Match(pattern, start, target))
        return found

    def best(self, name: tuple[str, ...]) -> Match[T] | None:
        """Return the match that takes precedence, or None."""
        return first_of(self.matches(name))


def first_of(matches: list[Match[T]]) -> Match[T] | None:
    """Return the match that takes precedence over the others, or None when there is none."""
    if len(matches) < 2:
        return matches[0] if matches else None
    return max(matches, key=lambda match: match.precedence)
