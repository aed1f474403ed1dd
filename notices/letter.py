"""The covering text: a template that mail merge fills from `index.csv`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from cohabit.notices.record import Common, occurring
from cohabit.queries.advisories import Advisory
from cohabit.queries.endpoints import Endpoint

_WHOSE = {
    "network": "in a network that you run",
    "provider": "in networks that you run",
    "contact": "in networks or prefixes for which you are the contact",
}

_SIMULATED = """\
SIMULATED DATA: these addresses are made up. Do not send this.

"""

_TEXT = """\
{simulated}To: {{recipient}}
Subject: [{tlp}] {{hosts}} AI model server(s) open to the internet, AS {{asn}}

{tlp}, that is: {shared}.

Dear colleagues,

scans of the internet found {{hosts}} host(s) {whose}.
On each a server for AI models, such as Ollama, vLLM or llama.cpp, answered requests of strangers.
{labelled}
Attached: {{file}} ({{rows}} line(s))
SHA-256:  {{sha256}}

It lists each address and port with the time it was last seen, in UTC. The newest observation of the scans is of
{newest}.

What it means: such a server has no login unless something in front of it asks for one. Whoever reaches it can use its
computing time, and with many kinds of software also load, copy and delete models. Models that can call tools may act
on what else they are connected to. Old versions have known vulnerabilities that let strangers read files or run code.

What to do, for each line:
 1. If nobody outside needs the server: bind it to 127.0.0.1 (Ollama: OLLAMA_HOST) or close its port in the firewall.
 2. If it is needed outside: put a proxy with a login in front of it, or a VPN.
 3. Update the software, and look in its log for requests that are not yours.{to}
 4. If it is open on purpose, please tell us, so that we do not write again.

{hand_on} What we cannot know:
 * The network is the carrier of an address, and its provider need not own, rent or administer the machine.
 * An address can have moved to somebody else since the time in its line.
 * Lists of models are known for a host; where it has several ports, each of its lines names them all.
 * The models are those that the host listed at some time in our scans; what it lists now can be fewer, or others.
 * A server that lists a model need not run it, and a few of them are decoys (tagged suspected-decoy where we think so).

The severity of a line is the worst of: that of the known vulnerabilities of the version; high where a model can call
tools; medium where the list of models is open; else low.

{advisories}With kind regards
{author}
"""


_LABELLED = """\
What our list of assets calls them, if anything: {labels}
"""
_UNSIGNED = "[YOUR NAME, YOUR TEAM, HOW TO REACH YOU, YOUR PGP KEY]"
_UNSAID = "[HOW TO REACH YOU, YOUR PGP KEY]"
_HAND_ON = "Please hand the lines on to the customers who use these addresses."
_KEEP = "Please do not hand the lines on; ask us where a customer who uses one of these addresses has to know."


_ADVISORIES = """\
Advisories that lines name, by the version that the server told; your lines need not name each of them:
{entries}

"""


def letter_file(by: str, common: Common, endpoints: Sequence[Endpoint] = ()) -> bytes:
    """The template; names in braces are columns of `index.csv`. The endpoints are those of all files.

    The TLP label stands in the subject and before the message, as FIRST asks for mails.
    """
    advisories, fixes = occurring(endpoints), _fixes(endpoints)
    return _TEXT.format(
        simulated=_SIMULATED if common.simulated else "",
        tlp=common.tlp.label,
        shared=common.tlp.words,
        whose=_WHOSE[by],
        labelled=_LABELLED if common.labels else "",
        hand_on=_HAND_ON if common.tlp.hands_on else _KEEP,
        newest=common.newest,
        to="\n    The least version to update to is what its line says as «fixed in»." if fixes else "",
        author=_UNSIGNED if common.author is None else f"{_literal(common.author)}\n{_UNSAID}",
        advisories=_ADVISORIES.format(entries="\n".join([*map(_entry, advisories), *fixes])) if advisories else "",
    ).encode()


def _fixes(endpoints: Sequence[Endpoint]) -> list[str]:
    """The versions to update to, in one paragraph; nothing where none is known."""
    found = sorted({f"{e.software} {e.worry.fixed_in}" for e in endpoints if e.worry.fixed_in})
    if not found:
        return []
    return _wrapped(f"Versions that none of our advisories is about: {', '.join(found)} (each line says its own).")


def _entry(advisory: Advisory) -> str:
    """An advisory in two or more lines, with braces that mail merge leaves alone."""
    ranges = " or ".join(advisory.affected)
    said = f"{advisory.id} ({advisory.severity}): {advisory.software} {ranges}. {advisory.summary}."
    return "\n".join([*_wrapped(said), f"   {_literal(advisory.source)}"])


def _wrapped(said: str) -> list[str]:
    return textwrap.wrap(
        _literal(said),
        118,
        initial_indent=" * ",
        subsequent_indent="   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
