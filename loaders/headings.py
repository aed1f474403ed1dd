"""Which column of a table holds what: guessed from usual headings, or as the caller says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from cohabit.loaders.carrier import Columns, Unrecognised
from cohabit.text import visible

# Our keys, and the headings that mean them: letters and digits alone, the surest first.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "address": (
        *("ip", "ipaddress", "ipaddr", "ipstr", "ipv4", "ipv4address", "hostip", "serverip", "saddr"),
        *("address", "addr", "host", "hostname", "fqdn", "domain", "ipv6", "ipv6address"),
    ),
    "url": ("url", "endpoint", "serverurl", "baseurl", "apiurl", "uri"),
    "port": ("port", "portnumber", "serverport", "sport", "portid"),
    "model": (
        *("models", "model", "modelname", "modelnames", "modellist", "modelid", "modelids"),
        *("availablemodels", "installedmodels", "ollamamodels", "llm", "llms"),
    ),
    "seen_at": (
        *("seenat", "timestamp", "scantime", "scantimestamp", "scandate", "scannedat", "observedat", "lastseen"),
        *("lastseenat", "lastupdate", "lastupdated", "lastupdatetime", "lastchecked", "lastcheckdate", "checkedat"),
        *("collectedat", "datetime", "time", "date", "updatedat"),
    ),
    "country_code": ("countrycode", "countryisocode", "countryiso", "isocode", "locationcountrycode", "cc"),
    "country": ("country", "countryname", "locationcountryname", "locationcountry"),
    "asn": ("asn", "asnumber", "autonomoussystemnumber", "autonomoussystemasn"),
    "as_name": (
        *("asname", "asnname", "asorg", "asorganization", "asdescription"),
        *("autonomoussystemname", "autonomoussystemorganization"),
    ),
    "org": ("org", "organization", "organisation", "isp", "provider", "company"),
    "software": ("software", "product", "serversoftware", "application", "framework", "servertype"),
    "version": ("version", "softwareversion", "productversion", "serverversion", "ollamaversion"),
    "digest": ("digest", "modeldigest"),
    "size": ("sizebytes", "size"),
    "family": ("family", "modelfamily", "architecture"),
    "parameter_size": ("parametersize", "parametercount", "parameters", "params"),
    "quantization": ("quantization", "quantizationlevel", "quantisation", "quant"),
    "format": ("format", "modelformat"),
}
_SHOWN = 20  # columns in a message


def guessed(columns: Sequence[str]) -> dict[str, str]:
    """Return for each of our keys the column that usually means it, where there is one."""
    known: dict[str, str] = {}
    for column in columns:
        known.setdefault(_plain(column), column)
    found = {}
    for key, headings in HEADINGS.items():
        if heading := next((one for one in headings if one in known), None):
            found[key] = known[heading]
    return found


def is_enough(mapping: Mapping[str, str]) -> bool:
    """Say whether guessed columns make a table of hosts and their models."""
    return "model" in mapping and not mapping.keys().isdisjoint({"address", "url"})


def mapped(columns: Sequence[str], said: Columns, *, host_given: bool = False) -> dict[str, str]:
    """Return the column of each key, as the caller says, or guessed where he says nothing.

    What he says is all: nothing is guessed beside it. Only then the models may be missing. Raises Unrecognised with
    how to say it.
    """
    named = {key: _column(column, columns) for key, column in known_keys(said).items()}
    found = named or guessed(columns)
    located = host_given or not found.keys().isdisjoint({"address", "url"})
    if not found or not located or not ("model" in found or said.of or said.order):
        raise Unrecognised(explained(columns))
    return found


def known_keys(said: Columns) -> dict[str, str]:
    """Return what the caller says by our keys: `ip=…` means `address=…`. Raises Unrecognised for an unknown key."""
    return {_key(key): column for key, column in said.of.items()}


def explained(columns: Sequence[str], of: str = "columns are") -> str:
    """Return in one line which columns there are, and how to say which is which."""
    found = guessed(columns)
    address = "url" if "url" in found and "address" not in found else "address"
    keys = [address, "model", *(key for key in ("port", "seen_at") if key in found)]
    example = ",".join(f"{key}={visible(found.get(key, 'COLUMN'), 60)}" for key in keys)
    others = ", ".join(key for key in HEADINGS if key not in keys)
    return f"its {of} {listed(columns)}; say which is which: --columns {example} (other keys: {others})"


def listed(names: Iterable[str]) -> str:
    """Return names one after another, safe to show, the first twenty of them."""
    shown = [visible(name, 40) or '""' for name in names]
    return ", ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else "")


def is_heading(text: str, key: str) -> bool:
    """Say whether a text is a usual heading of the column with that key."""
    return _plain(text) in HEADINGS[key]


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", heading.casefold())


def _key(said: str) -> str:
    for key, headings in HEADINGS.items():
        if said == key or _plain(said) in headings:
            return key
    raise Unrecognised(f"--columns: there is no key {visible(said, 40)}; the keys are {', '.join(HEADINGS)}")


def _column(said: str, columns: Sequence[str]) -> str:
    if said in columns:
        return said
    alike = [column for column in columns if column.casefold() == said.casefold()]
    if len(alike) != 1:
        raise Unrecognised(f"--columns: there is no column {visible(said, 40)}; the columns are {listed(columns)}")
    return alike[0]
