"""Command-line options that many commands share, declared once."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_type_hints

import typer
from typer.core import TyperCommand
from typer.models import ParameterInfo

from cohabit.commands.completing import COMPLETED
from cohabit.errors import UsageError

if TYPE_CHECKING:
    from cohabit.output import Format

Function = TypeVar("Function", bound=Callable[..., Any])

Several = list[str] | None

_FILE_NAMES = ("paths", "in_file", "not_in_file")
_UTF8 = re.compile("[^\ud800-\udfff]*")


PublishOption = Annotated[
    int | None,
    typer.Option(help="For everybody: no group of fewer than K hosts, nor a way back to one.", metavar="K"),
]

SourceOption = Annotated[str | None, typer.Option(help="Name of the data set, for the source line.", metavar="TEXT")]

ShowAddressesOption = Annotated[bool, typer.Option("--show-addresses", help="Show addresses, not pseudonyms.")]


@dataclass(frozen=True)
class Where:
    """Which data folder and store."""

    data: Annotated[
        Path | None,
        typer.Option(help="Data folder (archive and graph).", envvar="COHABIT_DATA", show_default="./cohabit-data"),
    ] = None
    store: Annotated[
        str | None,
        typer.Option(help="Server, such as neo4j://HOST:7687; else the embedded graph.", envvar="COHABIT_STORE"),
    ] = None


@dataclass(frozen=True)
class Shown:
    """Whether addresses are shown."""

    show_addresses: ShowAddressesOption = False


@dataclass(frozen=True)
class Named:
    """Which hosts, by what they list."""

    model: Annotated[Several, typer.Option(help="Hosts that list this model.", metavar="NAME")] = None
    family: Annotated[Several, typer.Option(help="Hosts that list this family.", metavar="NAME")] = None
    line: Annotated[Several, typer.Option(help="Hosts that list this line.", metavar="NAME")] = None
    lab: Annotated[Several, typer.Option(help="Hosts that list a model of this lab.", metavar="NAME")] = None
    digest: Annotated[
        Several, typer.Option(help="Hosts that reported this digest: its first 8 digits or more.", metavar="DIGEST")
    ] = None

    def values(self) -> dict[str, tuple[str, ...]]:
        """The names that were given, by what they are of."""
        return {f.name: tuple(getattr(self, f.name) or ()) for f in fields(self)}


@dataclass(frozen=True)
class Output:
    """How to print."""

    format: Annotated[
        str | None,
        typer.Option(help="table, json, csv, markdown or parquet.", show_default="what FILE ends in, else table"),
    ] = None
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file; one that ends in .xlsx is a workbook.")
    ] = None
    limit: Annotated[int, typer.Option(help="Rows that a table shows; the other formats give all.")] = 20
    quiet: Annotated[bool, typer.Option("--quiet", help="No notes, and no progress on standard error.")] = False

    def checked(self) -> Format:
        """The options as the printer takes them; UsageError for what it cannot do, before any work is done."""
        from cohabit.output import Format, format_of

        return Format(self.format or format_of(self.output), self.output, self.limit, self.quiet)


@dataclass(frozen=True)
class Answer(Output):
    """How to print the answer to a question, and for whom."""

    publish: PublishOption = None
    show_addresses: ShowAddressesOption = False


@dataclass(frozen=True)
class Filters:
    """Which hosts, and when; the names are those of `Scope`."""

    since: Annotated[str | None, typer.Option(help="From the week of this date.", metavar="DATE")] = None
    until: Annotated[str | None, typer.Option(help="To the week of this date.", metavar="DATE")] = None
    at: Annotated[str | None, typer.Option(help="What each host last listed up to this date.", metavar="DATE")] = None
    within: Annotated[
        int | None, typer.Option(help="With --at: look back this many weeks.", show_default="4", metavar="WEEKS")
    ] = None
    country: Annotated[
        Several,
        typer.Option(help="Hosts in this country, in one of several (DE,FR), or of a group (EU).", metavar="CC"),
    ] = None
    not_country: Annotated[
        Several, typer.Option(help="Hosts in any other country than this, these (US,CN) or a group's.", metavar="CC")
    ] = None
    network: Annotated[Several, typer.Option(help="Hosts in this network.", metavar="ASN")] = None
    provider: Annotated[Several, typer.Option(help="Hosts in networks of this organisation.", metavar="NAME")] = None
    provider_kind: Annotated[
        Several, typer.Option(help="Hosts in networks of such organisations: cloud, hosting, …", metavar="KIND")
    ] = None
    software: Annotated[Several, typer.Option(help="Hosts that run this server software.", metavar="NAME")] = None
    prefix: Annotated[Several, typer.Option(help="Hosts with an address in this prefix.", metavar="CIDR")] = None
    in_file: Annotated[
        Several,
        typer.Option("--in", help="Hosts in this file of addresses, prefixes, networks and names.", metavar="FILE"),
    ] = None
    not_in_file: Annotated[
        Several, typer.Option("--not-in", help="Hosts that are not in this file; as with --in.", metavar="FILE")
    ] = None
    has: Annotated[
        Several,
        typer.Option(
            help="Hosts that list this item: NAME, LEVEL:NAME, digest:DIGITS; of labs in several countries or a group: "
            "lab-country:EU.",
            metavar="ITEM",
        ),
    ] = None
    without: Annotated[Several, typer.Option(help="Hosts that do not run this item.", metavar="ITEM")] = None
    min_weeks: Annotated[int | None, typer.Option(help="Hosts seen in at least this many weeks.", metavar="N")] = None
    min_models: Annotated[
        int | None, typer.Option(help="Hosts with at least this many models; 2: multi-model hosts.", metavar="N")
    ] = None
    capability: Annotated[Several, typer.Option(help="Hosts with a model that can do this.", metavar="NAME")] = None
    version: Annotated[
        Several, typer.Option(help="Hosts whose server is of such a version: '<0.7', '>=0.6.2'.", metavar="COMPARISON")
    ] = None
    advisory: Annotated[
        Several,
        typer.Option(help="Hosts whose server is of a version that this advisory is about, or any.", metavar="ID"),
    ] = None
    severity: Annotated[
        str | None,
        typer.Option(help="Hosts with a server at least so severe: low, medium, high, critical.", metavar="LEVEL"),
    ] = None
    first_seen_since: Annotated[
        str | None, typer.Option(help="Hosts first seen on this day or later.", metavar="DATE")
    ] = None
    active_within: Annotated[
        int | None, typer.Option(help="Hosts seen this many days or less before the newest observation.", metavar="N")
    ] = None
    exclude_decoys: Annotated[bool, typer.Option("--exclude-decoys", help="Leave suspected decoys out.")] = False
    exclude_shared_lists: Annotated[
        bool,
        typer.Option("--exclude-shared-lists", help="Leave hosts out whose list of models many others have alike."),
    ] = False

    def values(self) -> dict[str, Any]:
        """The filters that are set, as keyword arguments of the Python interface."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if value is not None and value is not False}


class OnceCommand(TyperCommand):
    """A command that refuses an option of one value that is given twice: one of the values would be lost silently."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read the command line, or raise UsageError."""
        if not ctx.resilient_parsing:
            _, _, found = self.make_parser(ctx).parse_args(args=list(args))
            for i, option in enumerate(found):
                if option.param_type_name == "option" and option in found[:i] and not _repeats(option):
                    raise UsageError(
                        f"{max(option.opts, key=len)} is given twice, and it takes one value: leave one of them out"
                    )
        return super().parse_args(ctx, args)


def _repeats(option: Any) -> bool:
    """Whether an option means the same, or more, when it is given again."""
    return bool(option.multiple or option.is_flag or option.count)


def with_options(function: Function) -> Function:
    """Give a command the options of every parameter that is one of the classes above.

    Typer reads a command's signature; this spreads such a parameter into one option a field and puts the object
    together again before the call.
    """
    hints = get_type_hints(function, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in groups:
            parameters.append(parameter.replace(annotation=hints[name]))
            continue
        kind_hints = get_type_hints(groups[name], include_extras=True)
        parameters += [
            inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=kind_hints[f.name])
            for f in fields(groups[name])
        ]
    for parameter in parameters:
        _complete(parameter)
    parameters.sort(key=lambda p: p.kind is inspect.Parameter.KEYWORD_ONLY)

    @wraps(function)
    def command(*args: Any, **given: Any) -> Any:
        _check_encoding(given)
        for name, kind in groups.items():
            given[name] = kind(**{f.name: given.pop(f.name) for f in fields(kind)})
        return function(*args, **given)

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command  # type: ignore[return-value]


def _complete(parameter: inspect.Parameter) -> None:
    """Let the shell complete a parameter whose name says what it takes, unless it says so itself."""
    for information in get_args(parameter.annotation)[1:]:
        if isinstance(information, ParameterInfo) and information.autocompletion is None:
            information.autocompletion = COMPLETED.get(parameter.name)


def _check_encoding(given: dict[str, Any]) -> None:
    """Refuse bytes that are no UTF-8, except in file names: they reach Python as lone surrogates, and no store."""
    for name, value in given.items():
        for text in value if isinstance(value, list) else [value]:
            if name not in _FILE_NAMES and isinstance(text, str) and not _UTF8.fullmatch(text):
                raise UsageError(f"{name.replace('_', '-')}: {text!r} is not valid UTF-8")
