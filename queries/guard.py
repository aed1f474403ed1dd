"""Decide whether a user's Cypher only reads the graph.

Neither store's read-only mode is a sandbox: the embedded engine still copies to files, reads any file and loads
extensions; a server still loads CSV files and shows its users. So a statement is taken apart into tokens, and only
reading clauses over the graph pass. What is inside strings, comments and back quotes never counts as a keyword.
"""

from __future__ import annotations

import re

from cohabit.errors import UsageError

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|//[^\n]*|/\*.*?\*/)
    | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<quoted>`(?:[^`]|``)*`)
    | (?P<word>[^\W\d]\w*)
    | (?P<number>\d[\w.]*)
    | (?P<parameter>\$\w+)
    | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_FIRST = {"MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN"}

# Every clause or command that writes, reaches a file, the network, the catalogue or another database, on either store.
# fmt: off
_REFUSED = frozenset(
    {
        "ALTER", "ATTACH", "BEGIN", "CALL", "CHECKPOINT", "COMMENT", "COMMIT", "COPY", "CREATE", "DELETE",
        "DENY", "DETACH", "DROP", "DRYRUN", "EXPLAIN", "EXPORT", "EXTENSION", "FINISH", "FOREACH", "GRANT",
        "IMPORT", "INSERT", "INSTALL", "LOAD", "MERGE", "PROFILE", "PROJECT", "REMOVE", "RENAME", "REVOKE",
        "ROLLBACK", "SET", "SHOW", "START", "STOP", "TERMINATE", "TRANSACTION", "UNINSTALL", "UPDATE", "USE",
        "USING",
    }
)
# fmt: on

# Functions with a dot belong to a name space; these only compute on their arguments.
_NAME_SPACES = frozenset({"date", "datetime", "localdatetime", "localtime", "time", "duration", "point", "vector"})


def check_reading(cypher: str) -> str:
    """Return the statement without a closing semicolon, or raise UsageError with the word that stands against it."""
    tokens = [(m.lastgroup, m[0]) for m in _TOKEN.finditer(cypher) if m.lastgroup != "space"]
    while tokens and tokens[-1][1] == ";":
        tokens.pop()
        cypher = cypher.rstrip().removesuffix(";")
    if not tokens:
        raise UsageError("the query is empty")
    if tokens[0][0] != "word" or tokens[0][1].upper() not in _FIRST:
        raise _refused(tokens[0][1], "a query begins with MATCH, OPTIONAL MATCH, WITH, UNWIND or RETURN")
    for i, (kind, text) in enumerate(tokens):
        before = tokens[i - 1][1] if i else ""
        after = tokens[i + 1][1] if i + 1 < len(tokens) else ""
        if text == ";":
            raise _refused(";", "one statement at a time")
        if kind == "symbol" and text in "'\"`":
            raise _refused(text, "a quotation mark is not closed")
        if kind == "symbol" and text == "/" and after == "*":
            raise _refused("/*", "a comment is not closed")
        if kind == "word" and text.upper() in _REFUSED and not _is_name(before, after):
            raise _refused(text, "only reading clauses over the graph are allowed")
        if kind in ("word", "quoted") and before == "." and after == "(" and not _known_space(tokens, i):
            raise _refused(text, "functions of other name spaces are not allowed")
    return cypher


def _is_name(before: str, after: str) -> bool:
    """Whether a word stands where only a name can: a property, a label, a key of a map."""
    return before in {".", ":"} or (after == ":" and before in {"{", ","})


def _known_space(tokens: list[tuple[str | None, str]], i: int) -> bool:
    return i >= 2 and tokens[i - 2][1].lower() in _NAME_SPACES


def _refused(text: str, reason: str) -> UsageError:
    from cohabit.text import visible

    return UsageError(f"query refused at {visible(text, 40)!r}: {reason}")
