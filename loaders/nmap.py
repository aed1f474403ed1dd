"""The loader of Nmap's XML (`-oX`) and of masscan's, which imitates it: one `<host>` is one record.

Recognised: XML whose root is `nmaprun`.
Read: the address (IPv4, else IPv6), the end of the host's scan (else its start, else the whole scan's), every open TCP
port; product and version of a service that was probed (`method="probed"`); of the script `llm-info`
(nmap-ai-recon) the framework, its version and the table of models; of masscan the banner, when it is one of HTTP.
Ignored: host names, closed and UDP ports (a host without an open TCP port is rejected), services that are only the
port's usual name (`method="table"`), all other scripts.
Lenient: of a scan that was broken off, the hosts that are complete are kept, and the one that is not is rejected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cohabit.errors import DataError
from cohabit.loaders.bodies import Answer, listed_models
from cohabit.loaders.carrier import MAX_RAW, Context, Loader, Record, observation
from cohabit.loaders.head import Head
from cohabit.loaders.masscan import banner_answer
from cohabit.loaders.pieces import LIMIT
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.streams import CHUNK, Stream
from cohabit.loaders.values import RecordError, host, port, stored

_ROOT_WITHIN = 1 << 16  # bytes: a comment with the whole command line comes first
_DEEPEST = 50
Element = Any  # as xml.etree has it; the hardened parser makes its own


def _sniff(head: Head) -> bool:
    return head.data[:64].lstrip().startswith(b"<") and b"<nmaprun" in head.data[:_ROOT_WITHIN]


class _Bounded:
    """Bytes for the parser, which must not be fed without an end while one host goes on."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.fed = 0  # since the last host
        self.ended = False

    def read(self, size: int = CHUNK, /) -> bytes:
        self.fed += size
        if self.fed > LIMIT:
            raise DataError(f"a part of the XML is longer than {LIMIT >> 20} MiB; nothing of it is loaded")
        chunk = self._stream.read(size)
        self.ended = not chunk
        return chunk


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError

    source = _Bounded(stream)
    path: list[Element] = []
    number = 0
    try:
        for number, element in enumerate(_hosts(source, path), 1):
            yield _record(number, element, path[0], context)
    except ParseError as error:
        if not source.ended:
            yield Rejected(line=number + 1, reason=f"not valid XML: {error}; what follows is not read", raw=_raw(path))
        elif not path:
            raise DataError("the XML breaks off before its root; nothing of it is loaded") from None
        elif path[1:] and path[1].tag == "host":
            yield Rejected(line=number + 1, reason="the XML breaks off in this host", raw=_raw(path))
    except DefusedXmlException:
        raise DataError("the XML declares entities, which no scanner does; nothing of it is loaded") from None
    except (ValueError, LookupError) as error:  # an encoding that the parser cannot read
        raise DataError(f"the XML cannot be read: {error}; nothing of it is loaded") from None


def _hosts(source: _Bounded, path: list[Element]) -> Iterator[Element]:
    """Yield each complete host; `path` has the elements that are open, the root first."""
    from defusedxml.ElementTree import iterparse

    for event, element in iterparse(source, events=("start", "end")):
        if event == "start":
            path.append(element)
            if len(path) > _DEEPEST:
                raise DataError("the XML is nested too deeply; nothing of it is loaded")
            continue
        path.pop()
        if len(path) == 1:
            if element.tag == "host":
                yield element
            path[0].remove(element)  # it would be kept until the end
            source.fed = 0


def _record(number: int, element: Element, root: Element, context: Context) -> Record:
    try:
        return _parse(element, root, context)
    except RecordError as error:
        return Rejected(line=number, reason=str(error), raw=_raw([root, element]))


def _raw(path: list[Element]) -> str:
    """Return the beginning of the text of the element below the root, or of the root."""
    from defusedxml.ElementTree import tostring

    text = tostring(path[1], "unicode") if len(path) > 1 else "".join(f"<{element.tag}>" for element in path)
    return stored(text[:MAX_RAW])[0] or "<"


def _parse(element: Element, root: Element, context: Context) -> Sequence[Observation]:
    addresses = {one.get("addrtype"): one.get("addr") for one in element.findall("address")}
    address = addresses.get("ipv4") or addresses.get("ipv6") or context.host
    if address is None:
        raise RecordError("no address: an address of type ipv4 or ipv6 is missing")
    where = host(address)
    moment = element.get("endtime") or element.get("starttime") or root.get("start")
    seen_at = context.second(moment, "endtime")
    found = []
    for one in element.findall("ports/port"):
        state = one.find("state")
        if one.get("protocol") == "tcp" and state is not None and state.get("state") == "open":
            found.append(_observation(one, where, seen_at))
    if not found:
        raise RecordError("no open TCP port")
    return found


def _observation(element: Element, where: str, seen_at: int) -> Observation:
    service = element.find("service")
    said: dict[str, str | None] = {}
    answer: Answer | None = None
    if service is not None:
        answer = banner_answer(service.get("banner"))
        if service.get("method") == "probed":
            said = {"software": service.get("product"), "version": service.get("version")}
    for script in element.findall("script"):
        if script.get("id") == "llm-info":
            found = {one.get("key"): one.text for one in script.findall("elem")}
            said = {"software": found.get("framework"), "version": found.get("version")}
            answer = _listed(script)
    return observation(answer, host=where, port=port(element.get("portid")), seen_at=seen_at, **said)


def _listed(script: Element) -> Answer | None:
    for table in script.findall("table"):
        if (table.get("key") or "").startswith("models"):  # "models (2)", perhaps with more behind it
            return Answer(listing=listed_models([one.text for one in table.findall("elem")]))
    return None


LOADER = Loader(name="nmap", title="Nmap results as XML (-oX), also masscan's", sniff=_sniff, read=_read)
