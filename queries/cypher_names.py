"""Labels, relationship types and properties that a user's statement names, held against those that the graph has.

A store with tables refuses a name that it has not, a server finds nothing and says nothing: on both one reads what was
meant. A server can hold more than the schema has, what people attached to the graph; so it is asked before a name is
refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cohabit.choices import close_to
from cohabit.errors import UsageError
from cohabit.graph import schema
from cohabit.graph.store import GraphStore
from cohabit.queries.guard import Located, line_and_column, located, placed
from cohabit.text import visible

LABEL, TYPE, PROPERTY = schema.NAMES

_PROPERTIES: dict[str, list[str]] = {n.label: [p.name for p in (*n.properties, *n.derived)] for n in schema.NODES}
for _relationship in (*schema.RELATIONSHIPS, *schema.DERIVED_RELATIONSHIPS):
    _PROPERTIES[_relationship.type] = list(_relationship.names)
LABELS = [n.label for n in schema.NODES]
TYPES = list(dict.fromkeys(r.type for r in (*schema.RELATIONSHIPS, *schema.DERIVED_RELATIONSHIPS)))
_CLOSED = {"(": ")", "[": "]", "{": "}"}
_JOINING = ("|", "&", ":", "!")


@dataclass(frozen=True)
class Used:
    """A name in a statement: what it is there, where in the text, and of which labels or types it is said."""

    kind: str
    name: str
    position: int
    of: tuple[str, ...] = ()


@dataclass
class _Bracket:
    """An open bracket: its position among the tokens, and the labels or types that the pattern in it names."""

    symbol: str
    index: int
    of: list[str] = field(default_factory=list)


def check_names(store: GraphStore, statement: str, file: str | None = None) -> None:
    """Refuse a name that neither the schema nor the store has, and say which is close to it.

    `file` is the file that the statement is all of.
    """
    for used in used_names(statement):
        known = _known(used)
        if used.name not in known and store.lacks(used.kind, used.name):
            what = f"no {used.kind} {visible(used.name, 60)!r}"
            where = f" of {' or '.join(used.of)}" if used.of else ""
            close = close_to(used.name, known)
            hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
            raise UsageError(f"{at_place(statement, used.position, file)}: {what}{where}; {hint}")


def _known(used: Used) -> list[str]:
    if used.kind == LABEL:
        return LABELS
    return TYPES if used.kind == TYPE else properties(used.of)


def properties(of: Iterable[str] = ()) -> list[str]:
    """Names of the properties of these labels and types; of all, where none of them is one."""
    own = [name for one in of for name in _PROPERTIES.get(one, ())]
    return list(dict.fromkeys(own or [name for names in _PROPERTIES.values() for name in names]))


def close_property(name: str) -> str | None:
    """The property that has a name close to this one."""
    close = close_to(name, properties())
    return close[0] if close else None


def place(statement: str, position: int) -> str:
    """`line 2, column 7` of a position in a statement."""
    return "line {}, column {}".format(*line_and_column(statement, position))


def at_place(statement: str, position: int, file: str | None) -> str:
    """How an error at a position begins: with its place in the query, or FILE:LINE:COLUMN."""
    return placed(statement, position, file) if file else f"query, {place(statement, position)}"


def used_names(statement: str) -> list[Used]:
    """Labels and types in patterns and predicates, and properties of the variables that patterns bind.

    Only what is certain: a variable that AS has given another meaning is left alone, and so are the keys of a map.
    """
    reader = _Reader(list(located(statement)))
    return [*reader.patterns(), *reader.properties()]


class _Reader:
    """Reads the tokens of a statement; `typed` are the variables that patterns bind, with their labels or types."""

    def __init__(self, found: list[Located]) -> None:
        self._found = found
        self._opened: list[_Bracket] = []
        self._typed: dict[str, tuple[str, ...]] = {}

    def patterns(self) -> Iterator[Used]:
        """Yield labels, types, and keys of the maps in patterns."""
        opened = self._opened
        for i, (_, text, _) in enumerate(self._found):
            if text in _CLOSED:
                self._open(i, text)
            elif opened and text == _CLOSED[opened[-1].symbol]:
                opened.pop()
            elif text == ":" and opened and opened[-1].symbol == "{":
                yield from self._key(i - 1)
            elif text == ":" and self._begins_labels(i):
                yield from self._labels(i)

    def properties(self) -> Iterator[Used]:
        """Yield the properties of the variables that patterns bind, up to where AS gives one another meaning."""
        for i in range(2, len(self._found)):
            if self._text(i - 1).upper() == "AS" and self._is_name(i):
                self._typed.pop(bare(self._text(i)), None)
            if not (self._is_name(i) and self._text(i - 1) == "." and self._is_name(i - 2)):
                continue
            variable = bare(self._text(i - 2))
            if variable in self._typed and self._text(i + 1) != "(" and self._text(i - 3) != ".":
                yield Used(PROPERTY, bare(self._text(i)), self._found[i][2], self._typed[variable])

    def _open(self, i: int, symbol: str) -> None:
        # The map of a pattern is of the labels before it.
        inside = symbol == "{" and self._opened and self._opened[-1].symbol != "{"
        self._opened.append(_Bracket(symbol, i, list(self._opened[-1].of) if inside else []))
        if symbol == "(" and self._is_bound_alone(i):
            self._typed.setdefault(bare(self._text(i + 1)), ())

    def _key(self, i: int) -> Iterator[Used]:
        of = tuple(self._opened[-1].of)
        if of and self._is_name(i):
            yield Used(PROPERTY, bare(self._text(i)), self._found[i][2], of)

    def _labels(self, i: int) -> Iterator[Used]:
        """Yield the labels or types after a colon, and note of which variable they are said."""
        inside = self._opened[-1] if self._opened else None
        kind = TYPE if inside and inside.symbol == "[" else LABEL
        names = list(self._expression(i + 1))
        # A predicate such as `r:DEPLOYS` can be about either.
        yield from (Used(kind, name, at) for name, at in names if inside or name not in TYPES)
        if inside:
            inside.of += [name for name, _ in names]
            if inside.index == i - 2 and self._is_name(i - 1):
                self._typed[bare(self._text(i - 1))] = tuple(name for name, _ in names)

    def _expression(self, i: int) -> Iterator[tuple[str, int]]:
        """Yield the names from there on, between `|`, `&`, `:` and `!`, and where they are."""
        while self._text(i) in _JOINING or (self._is_name(i) and self._text(i - 1) in _JOINING):
            if self._is_name(i):
                yield bare(self._text(i)), self._found[i][2]
            i += 1

    def _begins_labels(self, i: int) -> bool:
        """Whether a colon begins labels or types: after a variable, or first in a pattern."""
        if not self._opened:
            return self._is_name(i - 1)
        start = self._opened[-1].index
        if self._opened[-1].symbol == "[":
            return self._text(start - 1) == "-" and start >= i - 2
        return start == i - 1 or self._is_name(i - 1)

    def _is_bound_alone(self, i: int) -> bool:
        """Whether a bracket is a node pattern with nothing but a variable: after MATCH, or after an arrow."""
        if not self._is_name(i + 1) or self._text(i + 2) != ")":
            return False
        before = self._text(i - 1)
        return before.upper() == "MATCH" or (before in ("-", ">") and self._text(i - 2) in ("-", "]"))

    def _text(self, i: int) -> str:
        return self._found[i][1] if 0 <= i < len(self._found) else ""

    def _is_name(self, i: int) -> bool:
        return 0 <= i < len(self._found) and self._found[i][0] in ("word", "quoted")


def bare(text: str) -> str:
    """A name without its back quotes."""
    return text[1:-1].replace("``", "`") if text.startswith("`") else text
