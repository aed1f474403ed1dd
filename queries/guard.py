r"""Decide whether a user's Cypher only reads the graph.

Neither store's read-only mode is a sandbox: the embedded engine still copies to files, reads any file and loads
extensions; a server still loads CSV files and shows its users. So a statement is taken apart into tokens, and only
reading clauses over the graph pass. What is inside strings and back quotes never counts as a keyword.

The two engines take text apart differently, and what one reads as a comment can be a statement to the other. So what
they disagree on never reaches them: comments become spaces, a number that runs into a word is refused, and so are
escapes that Neo4j undoes before it looks for tokens (``\u0043ALL`` is CALL to it, and ``\u0027`` ends a string).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cohabit.errors import UsageError

_TOKEN = re.compile(
    r"""
      (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<space>\s+)
    | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<quoted>`(?:[^`]|``)*`)
    | (?P<word>[^\W\d]\w*)
    | (?P<number>(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?[fFdD]?)(?!\w))
    | (?P<parameter>\$(?:[^\W\d]\w*|\d+(?!\w)))
    | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_FIRST = {"MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN"}

# Every clause or command that writes, reaches a file, the network, the catalogue or another database, on either store.
# Those that can only begin a statement are mostly not here: `_FIRST` keeps them out, and people call things `start`.
# fmt: off
_REFUSED = frozenset(
    {
        "ALTER", "ANALYZE", "ATTACH", "CALL", "CHECKPOINT", "COMMIT", "COPY", "CREATE", "DEALLOCATE", "DELETE",
        "DENY", "DETACH", "DROP", "DRYRUN", "ENABLE", "EXPLAIN", "EXPORT", "FINISH", "FOREACH", "GRANT", "IMPORT",
        "INSERT", "INSTALL", "LOAD", "MERGE", "NODETACH", "PROFILE", "REALLOCATE", "REMOVE", "RENAME", "REVOKE",
        "ROLLBACK", "SET", "SHOW", "TERMINATE", "UNINSTALL", "USE", "USING",
    }
)
# fmt: on

# Functions with a dot belong to a name space; these only compute on their arguments.
_NAME_SPACES = frozenset({"date", "datetime", "localdatetime", "localtime", "time", "duration", "point", "vector"})

# Characters that mean something to the lexer: written as an escape, only one of the engines takes them for that.
_ESCAPE = re.compile(r"\\u+([0-9A-Fa-f]{4})")
_STRUCTURAL = frozenset("'\"`\\/*\r\n")

_Token = tuple[str, str]
Located = tuple[str, str, int]
"""Kind of a token, its text, and where it begins."""


def check_reading(cypher: str, file: str | None = None) -> str:
    """Return the statement without comments and closing semicolons, or raise UsageError with what stands against it.

    Only the returned text may be run: it is the one that was checked. Positions in it are those of the original.
    `file` is the file that the statement is all of: errors begin with FILE:LINE:COLUMN then.
    """
    try:
        return _checked(cypher)
    except _RefusedError as refused:
        where = f"{placed(cypher, refused.position, file)}: " if file else ""
        raise UsageError(f"{where}{refused}") from None


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Line and column of a position in a text, counted from 1."""
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def placed(text: str, position: int, file: str) -> str:
    """FILE:LINE:COLUMN of a position in the text of a file."""
    line, column = line_and_column(text, position)
    return f"{file}:{line}:{column}"


class _RefusedError(Exception):
    """What stands against a statement, and where."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def _checked(cypher: str) -> str:
    tokens: list[_Token] = []
    starts: list[int] = []
    kept: list[str] = []
    for match in _TOKEN.finditer(cypher):
        kind, text = str(match.lastgroup), match[0]
        kept.append(re.sub(r"[^\n]", " ", text) if kind == "comment" else text)
        if kind not in ("space", "comment"):
            tokens.append((kind, text))
            starts.append(match.start())
    statement = "".join(kept).rstrip()
    while tokens and tokens[-1][1] == ";":
        tokens.pop()
        statement = statement.removesuffix(";").rstrip()
    if not tokens:
        raise _RefusedError("the query is empty", 0)
    if tokens[0][0] != "word" or tokens[0][1].upper() not in _FIRST:
        raise _refused(tokens[0][1], starts[0], "a query begins with MATCH, OPTIONAL MATCH, WITH, UNWIND or RETURN")
    for position, (kind, text) in enumerate(tokens):
        _check_text(kind, text, starts[position], tokens[position + 1][1] if position + 1 < len(tokens) else "")
        if kind == "word" and text.upper() in _REFUSED and not _is_name(tokens, position):
            raise _refused(
                text,
                starts[position],
                "only reading clauses over the graph are allowed (a name that reads like one goes in back quotes)",
            )
        if kind in ("word", "quoted") and _calls_name_space(tokens, position):
            raise _refused(text, starts[position], "functions of other name spaces are not allowed")
        if kind == "word" and _sizes_pattern(tokens, position):
            raise _refused(
                text,
                starts[position],
                "of a pattern the embedded store gives another number and a server none; count instead: "
                "MATCH (h)-[:DEPLOYS]->(m) WITH h, count(m) AS models WHERE models > 20",
            )
    return statement


def located(cypher: str) -> Iterator[Located]:
    """The tokens of a statement, without spaces and comments."""
    for match in _TOKEN.finditer(cypher):
        if match.lastgroup not in ("space", "comment"):
            yield str(match.lastgroup), match[0], match.start()


def parameters_of(cypher: str) -> list[str]:
    """Names of the parameters that a statement uses, in order; those inside strings and comments are none."""
    found = (match[0][1:] for match in _TOKEN.finditer(cypher) if match.lastgroup == "parameter")
    return list(dict.fromkeys(found))


def _check_text(kind: str, text: str, start: int, after: str) -> None:
    """Refuse what is no complete token, and what the two engines would take apart differently."""
    if kind in ("string", "quoted"):
        for escape in _ESCAPE.finditer(text):
            if chr(int(escape[1], 16)) in _STRUCTURAL:
                raise _refused(escape[0], start + escape.start(), "write this character itself, not its number")
    if kind != "symbol":
        return
    if text == ";":
        raise _refused(";", start, "one statement at a time")
    if text in "'\"`":
        raise _refused(text, start, "a quotation mark is not closed")
    if text == "/" and after == "*":
        raise _refused("/*", start, "a comment is not closed")
    if text == "\\":
        raise _refused(text, start, "a backslash belongs inside a string")
    if text.isdigit():
        raise _refused(text, start, "put a space between a number and what follows it")


def _is_name(tokens: list[_Token], position: int) -> bool:
    """Whether a word stands where only a name can: a property, a label, a key of a map."""
    before = tokens[position - 1][1]
    after = tokens[position + 1][1] if position + 1 < len(tokens) else ""
    if before == ".":
        # `1.` and the dots of a range end something; after them the word would be a clause.
        return position > 1 and tokens[position - 2][0] != "number" and tokens[position - 2][1] != "."
    return before == ":" or (after == ":" and before in {"{", ","})


def _calls_name_space(tokens: list[_Token], position: int) -> bool:
    """Whether a function with a dotted name is called whose name space is not one of the harmless ones."""
    if position < 1 or tokens[position - 1][1] != "." or tokens[position + 1 : position + 2] != [("symbol", "(")]:
        return False
    first = position
    while first >= 2 and tokens[first - 1][1] == "." and tokens[first - 2][0] in ("word", "quoted"):
        first -= 2
    return tokens[first][1].lower() not in _NAME_SPACES


def _sizes_pattern(tokens: list[_Token], position: int) -> bool:
    """Whether `size` is asked of a pattern: `size((h)-[:DEPLOYS]->())`."""
    if tokens[position][1].upper() != "SIZE" or [t for _, t in tokens[position + 1 : position + 3]] != ["(", "("]:
        return False
    depth = 0
    for i in range(position + 2, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[i][1], 0)
        if not depth:
            return [t for _, t in tokens[i + 1 : i + 2]] in (["-"], ["<"])
    return False


def _refused(text: str, start: int, reason: str) -> _RefusedError:
    from cohabit.text import visible

    return _RefusedError(f"query refused at {visible(text, 40)!r}: {reason}", start)
