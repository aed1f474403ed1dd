"""Why a store refused a user's statement, in one line: what, where, and what to do.

The engines answer a slip with the list of everything that could have stood there. What they say for certain is where
they stopped; what stands there, and before it, tells the rest.
"""

from __future__ import annotations

import re

from cohabit.choices import close_to
from cohabit.queries.cypher_names import LABELS, TYPES, close_property, place
from cohabit.queries.guard import Located, located, parameters_of, placed
from cohabit.text import visible

_SYNTAX = re.compile(r"Parser exception|Invalid input|mismatched input|extraneous input|no viable alternative")
_WHERE = re.compile(r"\(line:? (\d+), (?:offset: (?P<offset>\d+)|column (?P<column>\d+))(?: \(offset: \d+\))?\)?")
_ENGINE = re.compile(r"\b(?:Parser|Binder|Catalog|Runtime|Conversion|Buffer manager|Not implemented) exception: ")
_NO_TABLE = re.compile(r"Table (\S+) does not exist")
_NO_PROPERTY = re.compile(r"Cannot find property (\S+) for (\S+?)\.?$")
# fmt: off
_KEYWORDS = (
    "MATCH", "OPTIONAL", "WHERE", "RETURN", "WITH", "UNWIND", "ORDER", "BY", "LIMIT", "SKIP", "DISTINCT", "UNION", "AS",
    "AND", "OR", "NOT", "XOR", "IN", "IS", "NULL", "CASE", "WHEN", "THEN", "ELSE", "END", "STARTS", "ENDS", "CONTAINS",
    "EXISTS", "DESC", "ASC", "DESCENDING", "ASCENDING", "TRUE", "FALSE",
)
# fmt: on
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def explained(message: str, statement: str, file: str | None = None) -> str:
    """What a store said of a statement, as somebody who wrote it can use it; what is not known stays as it is.

    `file` is the file that the statement is all of: what is said begins with FILE:LINE:COLUMN then, or with FILE.
    """
    where = _WHERE.search(message)
    position = _position(statement, int(where[1]), where) if where else 0
    if where and (syntax := _SYNTAX.search(message)):
        prefix, slip = message[: syntax.start()], _slip(list(located(statement)), position)
        if file:
            return f"{placed(statement, position, file)}: {prefix}{slip}"
        return f"{prefix}{place(statement, position)}: {slip}"
    said = _unplaced(message, statement)
    if not file:
        return said
    if where and (known := _WHERE.search(said)):
        said = f"{said[: known.start()].rstrip()}{said[known.end() :]}"
        return f"{placed(statement, position, file)}: {said}"
    return f"{file}: {said}"


def _unplaced(message: str, statement: str) -> str:
    """What a store said that is no slip of syntax."""
    if "parsed_parameter_expression" in message:
        named = f"${parameters_of(statement)[0]} cannot" if parameters_of(statement) else "a parameter cannot"
        return (
            f"{message.partition('Assertion failed')[0]}{named} stand inside any(…), all(…), none(…) or a list; take "
            "the list apart first: UNWIND d.digests AS one WITH h, one WHERE one STARTS WITH $prefix"
        )
    message = _ENGINE.sub("", message).removesuffix(" Supported inputs are")
    if found := _NO_TABLE.search(message):
        close = close_to(found[1], [*LABELS, *TYPES])
        hint = f"; did you mean {close[0]}?" if close else ""
        return f"{message[: found.start()]}no label or relationship type {found[1]!r}{hint}"
    if found := _NO_PROPERTY.search(message):
        name = close_property(found[1])
        hint = f"; did you mean {name}?" if name and name != found[1] else ""
        return f"{message[: found.start()]}{found[2]} has no property {found[1]!r}{hint}"
    return message


def _position(statement: str, line: int, where: re.Match[str]) -> int:
    """Position in the statement of a line, counted from 1, and an offset in it (or a column, counted from 1).

    Stores are given it, and count, from its first word on.
    """
    run = statement.lstrip()
    lines = run.split("\n")
    column = int(where["offset"]) if where["offset"] is not None else int(where["column"]) - 1
    return len(statement) - len(run) + min(sum(len(one) + 1 for one in lines[: line - 1]) + column, len(run))


def _slip(found: list[Located], position: int) -> str:
    """What is wrong at that position, by what stands there and before it."""
    before = [token for token in found if token[2] < position]
    here = next((token for token in found if token[2] + len(token[1]) > position), None)
    if here is None:
        opened = _open(found)
        closing = f"; {opened[1]!r} is not closed" if opened else ""
        return f"the query ends here, and something is missing{closing}"
    kind, text, _ = here
    shown = visible(text, 40)
    before = [token for token in before if token is not here]
    last = before[-1][1].upper() if before else ""
    if kind == "word" and text.upper() not in _KEYWORDS and (close := close_to(text, _KEYWORDS)) and last != "AS":
        return f"{shown!r} is not understood here; did you mean {close[0]}?"
    if kind == "word" and last in ("AS", "(", "["):
        return f"{shown!r} is a reserved word; as a name write it in back quotes: `{shown}`"
    opened = _open(found)
    if opened and opened[2] < here[2]:
        return f"{shown!r} cannot stand here; {opened[1]!r} before it is not closed"
    return f"{shown!r} cannot stand here; look at it, and at what stands before it"


def _open(found: list[Located]) -> Located | None:
    """The innermost bracket that no token closes."""
    opened: list[Located] = []
    for token in found:
        if token[1] in _PAIRS:
            opened.append(token)
        elif opened and token[1] == _PAIRS[opened[-1][1]]:
            opened.pop()
    return opened[-1] if opened else None
