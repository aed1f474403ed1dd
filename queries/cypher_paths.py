"""Paths in a user's statement that the schema cannot have: a relationship the wrong way round, or between wrong ends.

Such a path finds nothing on either store, without a word. Only what the text says for certain counts: labels of node
patterns and of variables that keep them, and types of single steps. A server can hold relationships that people
attached to the graph under our names; so it is asked before a path is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from cohabit.errors import UsageError
from cohabit.graph import schema
from cohabit.graph.store import GraphStore
from cohabit.queries.cypher_names import LABELS, TYPES, at_place, bare
from cohabit.queries.guard import Located, located
from cohabit.text import visible

_ALL = (*schema.RELATIONSHIPS, *schema.DERIVED_RELATIONSHIPS)
_CLOSED = {"(": ")", "[": "]", "{": "}"}
_LONGEST = 4
Labels = frozenset[str] | None
"""The labels one of which a node has; None: not known."""


@dataclass(frozen=True)
class _Node:
    """A node of a pattern: its variable, the label it is given there, and the labels that it can have."""

    variable: str
    label: str
    labels: Labels

    def written(self, label: str = "") -> str:
        """The node as a pattern; `label` is for one that is given none and binds no variable of known labels."""
        own = self.label or ("" if self.labels and self.variable else label)
        return f"({visible(self.variable, 30)}{':' if own else ''}{own})"


@dataclass(frozen=True)
class Step:
    """One step of a path: its ends as they stand in the text, the types it can have (none: all), and where it is.

    `arrow` is 1 from left to right, −1 from right to left, 0 either way.
    """

    left: _Node
    right: _Node
    types: tuple[str, ...]
    variable: str
    arrow: int
    position: int

    def is_possible(self) -> bool:
        """Whether the schema joins such ends so."""
        ways = ((self.left, self.right), (self.right, self.left))
        chosen = ways[:1] if self.arrow > 0 else ways[1:] if self.arrow < 0 else ways
        return any(_joins(r, *ends) for ends in chosen for r in _relationships(self.types))


def check_paths(store: GraphStore, statement: str, file: str | None = None) -> None:
    """Refuse a step that the schema cannot have and the store does not have, and say how it goes."""
    for step, wrong in impossible(statement, file):
        if not _found(store, step):
            raise UsageError(wrong)


def impossible(statement: str, file: str | None = None) -> Iterator[tuple[Step, str]]:
    """Yield each step that the schema cannot have, with where it is, and how it goes instead."""
    for step in steps(statement):
        if not step.is_possible():
            yield step, f"{at_place(statement, step.position, file)}: {_said(step)}{_instead(step)}"


def steps(statement: str) -> list[Step]:
    """The steps of the paths in a statement; those of several hops, or of strange types, are left out."""
    return list(_Reader(list(located(statement))).steps())


def _relationships(types: Sequence[str]) -> list[schema.Relationship]:
    return [r for r in _ALL if not types or r.type in types]


def _joins(r: schema.Relationship, source: _Node, target: _Node) -> bool:
    return (source.labels is None or r.source in source.labels) and (target.labels is None or r.target in target.labels)


def _found(store: GraphStore, step: Step) -> bool:
    """Whether the store has such a step all the same."""
    types = f"[:{'|'.join(step.types)}]" if step.types else ""
    before, after = ("<" if step.arrow < 0 else "", ">" if step.arrow > 0 else "")
    ends = product(*(sorted(node.labels or [""]) for node in (step.left, step.right)))
    return any(
        store.table(
            f"MATCH ({':' if a else ''}{a}){before}-{types}-{after}({':' if b else ''}{b}) RETURN 1 AS one LIMIT 1"
        ).num_rows
        for a, b in ends
    )


def _said(step: Step) -> str:
    """How the named types go, and how they never do."""
    source, target = (step.right, step.left) if step.arrow < 0 else (step.left, step.right)
    ends = [" or ".join(sorted(node.labels)) if node.labels else "" for node in (source, target)]
    words = ("from", "to") if step.arrow else ("between", "and") if all(ends) else ("from or to", "from or to")
    asked = " ".join(f"{word} {end}" for word, end in zip(words, ends, strict=True) if end)
    if len(step.types) == 1:
        kinds = " or ".join(f"from {r.source} to {r.target}" for r in _relationships(step.types))
        return f"{step.types[0]} goes {kinds}, never {asked}"
    none = f"none of {', '.join(step.types)}" if step.types else "no relationship"
    return f"{none} goes {asked}"


def _instead(step: Step) -> str:
    """How the two ends are joined, to be written instead; nothing where it is not known."""
    if step.arrow:
        for r in _relationships(step.types):
            turned = (step.right, step.left) if step.arrow > 0 else (step.left, step.right)
            if _joins(r, *turned):
                inside = f"[{visible(step.variable, 30)}:{r.type}]"
                return f"; write {turned[0].written(r.source)}-{inside}->{turned[1].written(r.target)}"
    ends = [next(iter(node.labels)) for node in (step.left, step.right) if node.labels and len(node.labels) == 1]
    if len(ends) != 2:
        return ""
    way = _shortest(ends[0], ends[1], step.types)
    if way is None:
        return ""
    text = step.left.written()
    for i, (r, forward) in enumerate(way):
        label = r.target if forward else r.source
        node = step.right.written() if i == len(way) - 1 else f"(:{label})"
        text += f"-[:{r.type}]->{node}" if forward else f"<-[:{r.type}]-{node}"
    return f"; write {text}"


def _shortest(left: str, right: str, types: Sequence[str]) -> list[tuple[schema.Relationship, bool]] | None:
    """The fewest steps between two labels, those of the named types first; each with whether it goes forward.

    What `cohabit analyse` writes is left out: other steps tell more.
    """
    edges = sorted(schema.RELATIONSHIPS, key=lambda r: r.type not in types)
    ways: list[tuple[str, list[tuple[schema.Relationship, bool]]]] = [(left, [])]
    for _ in range(_LONGEST):
        longer = [
            (end, [*way, (r, forward)])
            for label, way in ways
            for r in edges
            for start, end, forward in ((r.source, r.target, True), (r.target, r.source, False))
            if start == label
        ]
        reached = next((way for end, way in longer if end == right), None)
        if reached is not None:
            return reached
        ways = longer
    return None


class _Reader:
    """Reads the paths among the tokens of a statement.

    `known` are the variables that are bound, with their labels where these are certain; `clause` is the one that is
    being read.
    """

    def __init__(self, found: list[Located]) -> None:
        self._found = found
        self._known: dict[str, Labels] = {}
        self._clause = ""
        self._outside: list[tuple[dict[str, Labels], str]] = []
        self._nodes: set[int] = set()
        self._handed: tuple[int, dict[str, Labels]] | None = None

    def steps(self) -> Iterator[Step]:
        """Yield the steps, as the text goes on."""
        for i, (kind, text, _) in enumerate(self._found):
            if self._handed and i >= self._handed[0]:
                self._known, self._handed = self._handed[1], None
            if text == "{":
                # What is bound in a subquery is bound there alone.
                self._outside.append((dict(self._known), self._clause))
            elif text == "}" and self._outside:
                self._known, self._clause = self._outside.pop()
            elif text == "(" and i not in self._nodes:
                yield from self._path(i)
            elif kind == "word" and self._text(i - 1) not in (".", ":"):
                self._word(i, text.upper())

    def _word(self, i: int, word: str) -> None:
        before = self._text(i - 1).upper()
        if word == "WITH" and before in ("STARTS", "ENDS"):
            return
        if word in _CLAUSES:
            self._clause = f"{before} {word}" if before == "OPTIONAL" else word
        if word == "UNION":
            self._known = {}
        elif word == "WITH":
            self._handed = self._with(i + 1)
        elif word in ("AS", "IN") and self._handed is None:
            # Another meaning from here on: of a column, or of the variable of a list.
            self._known[bare(self._text(i + 1 if word == "AS" else i - 1))] = None

    def _bind(self, node: _Node) -> None:
        """Keep the labels of a variable: those that MATCH demands, and OPTIONAL MATCH of a variable that is new."""
        if not node.variable or not self._clause.endswith("MATCH"):
            return
        if node.label and (self._clause == "MATCH" or node.variable not in self._known):
            self._known[node.variable] = node.labels
        self._known.setdefault(node.variable, None)

    def _with(self, i: int) -> tuple[int, dict[str, Labels]]:
        """Where the items of a WITH end, and the variables with labels that it hands on."""
        items: list[list[str]] = [[]]
        depth = 0
        while i < len(self._found):
            kind, text, _ = self._found[i]
            depth += (text in _CLOSED) - (text in _CLOSED.values())
            if depth < 0 or (not depth and kind == "word" and text.upper() in _CLAUSES):
                break
            if text == "," and not depth:
                items.append([])
            elif text.upper() != "DISTINCT":
                items[-1].append(text)
            i += 1
        handed: dict[str, Labels] = {}
        for item in items:
            if item == ["*"]:
                handed |= self._known
            elif len(item) == 1 or (len(item) == 3 and item[1].upper() == "AS"):
                handed[bare(item[-1])] = self._known.get(bare(item[0]))
        return i, handed

    def _path(self, i: int) -> Iterator[Step]:
        """Yield the steps of the path that begins with this bracket, where it is one."""
        read = self._node(i)
        while read is not None:
            left, after = read
            self._nodes.add(i)
            self._bind(left)
            link = self._link(after)
            if link is None:
                return
            types, variable, arrow, i = link
            read = self._node(i)
            if read and types is not None and all(name in TYPES for name in types):
                yield Step(left, read[0], types, variable, arrow, self._found[after][2])

    def _node(self, i: int) -> tuple[_Node, int] | None:
        """The node whose bracket opens here, and what stands behind it; None where it is none."""
        if self._text(i) != "(" or (end := self._closing(i)) is None:
            return None
        at = i + 1
        variable = ""
        if self._is_name(at):
            variable = bare(self._text(at))
            at += 1
        names, between, at = self._names(at)
        if at != end and self._text(at) not in ("{", "$") and self._text(at).upper() != "WHERE":
            return None  # a call, a sum, or an expression of labels with brackets in it
        if not names:
            return _Node(variable, "", self._known.get(variable)), end + 1
        certain = set(names) <= set(LABELS) and (len(names) == 1 or between == {"|"})
        return _Node(variable, "|".join(names), frozenset(names) if certain else None), end + 1

    def _names(self, i: int) -> tuple[list[str], set[str], int]:
        """The labels or types after a colon, if it stands here, what stands between them, and what stands behind."""
        names: list[str] = []
        between: set[str] = set()
        if self._text(i) != ":":
            return names, between, i
        while self._is_name(i + 1):
            names.append(bare(self._text(i + 1)))
            i += 2
            if self._text(i) not in ("|", "&", ":"):
                return names, between, i
            between.add(self._text(i))
            if self._text(i) == "|" and self._text(i + 1) == ":":
                i += 1
        return names, between, i

    def _link(self, i: int) -> tuple[tuple[str, ...] | None, str, int, int] | None:
        """Types (None: of several hops, or not certain), variable, arrow, and where the next node begins."""
        left = self._text(i) == "<"
        i += left
        if self._text(i) != "-":
            return None
        i += 1
        types: tuple[str, ...] | None = ()
        variable = ""
        if self._text(i) == "[":
            end = self._closing(i)
            if end is None:
                return None
            i += 1
            if self._is_name(i):
                variable = bare(self._text(i))
                i += 1
            names, between, i = self._names(i)
            is_step = i == end or self._text(i) in ("{", "$") or self._text(i).upper() == "WHERE"
            types = tuple(names) if is_step and between <= {"|"} else None
            i = end + 1
        if self._text(i) != "-":
            return None
        right = self._text(i + 1) == ">"
        return types, variable, int(right) - int(left), i + 1 + right

    def _closing(self, i: int) -> int | None:
        """The bracket that closes this one."""
        opened: list[str] = []
        for at in range(i, len(self._found)):
            text = self._text(at)
            if text in _CLOSED:
                opened.append(_CLOSED[text])
            elif opened and text == opened[-1]:
                opened.pop()
                if not opened:
                    return at
        return None

    def _text(self, i: int) -> str:
        return self._found[i][1] if 0 <= i < len(self._found) else ""

    def _is_name(self, i: int) -> bool:
        return 0 <= i < len(self._found) and self._found[i][0] in ("word", "quoted")


_CLAUSES = frozenset({"WHERE", "MATCH", "OPTIONAL", "RETURN", "UNWIND", "WITH", "ORDER", "SKIP", "LIMIT", "UNION"})
