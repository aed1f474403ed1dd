"""The loader of answers that stand alone: the body of one answer of one AI server in a file, as `curl` writes it.

Recognised: one JSON object (or Ollama's banner) that one of the known servers would answer: `/api/tags`, `/api/ps`,
`/api/show` and `/api/version` of Ollama, `/v1/models` and its neighbours of vLLM, SGLang, llama.cpp, LM Studio,
LocalAI, text-generation-webui, LiteLLM, TGI and TEI, the configuration of Open WebUI.

Read: models, software and version from the body. The host from `--host ADDRESS[:PORT]`, else from the file's name, else
from its folder's: `192.0.2.7.json`, `192.0.2.7_11434.json`, `[2001:db8::7]-8000-v1_models.json`,
`192.0.2.7_11434/api_tags.json`; a DNS name only where a port follows it, as in `gpu.example.net_8000.json`. Without a
port the software's usual one is taken (Ollama's is 11434). The rest of the name says which path was asked for, and of
which model an answer of `/api/show` is: `192.0.2.7_show_llama3.2:3b.json`, with `%2F` for a slash. The time is
`--seen-at`.

Ignored: what is not about the software or its models; system prompts, templates and licences are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import unquote

from cohabit.loaders.bodies import parse_body
from cohabit.loaders.carrier import MAX_RAW, Context, Loader, Record, Unrecognised, observation
from cohabit.loaders.head import Head
from cohabit.loaders.pieces import LIMIT
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.streams import CHUNK, Stream
from cohabit.loaders.values import RecordError, host, port, stored

_IPV6 = r"\[[0-9A-Fa-f:.]+\]"
_IPV4 = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_DNS = r"[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+"
_PORT = r"[_@:-](?P<port>[0-9]{1,5})(?![0-9])"
_NAMED = re.compile(
    rf"(?:(?P<ip>{_IPV6}|{_IPV4})(?:{_PORT})?|(?P<name>{_DNS}){_PORT.replace('port', 'name_port')})(?![0-9A-Za-z.])"
)
_SHOWN = re.compile(r"(?:^|[_-])show[_-](.+)", re.IGNORECASE)
_ENDINGS = re.compile(r"(?:\.(?:json|txt|html|body|gz|zst))+$", re.IGNORECASE)

# The ports that the servers' own documentation gives.
_USUAL_PORTS = {
    "ollama": 11434,
    "vllm": 8000,
    "sglang": 30000,
    "llama.cpp": 8080,
    "lm-studio": 1234,
    "localai": 8080,
    "text-generation-webui": 5000,
    "litellm": 4000,
    "open-webui": 8080,
}
# Words of a file's name, and the path that they mean.
_PATHS = {"tags": "/api/tags", "ps": "/api/ps", "version": "/api/version", "show": "/api/show", "models": "/v1/models"}


def _sniff(head: Head) -> bool:
    # An empty list and a version mean something only with their paths: the file's name may tell them.
    return any(parse_body(head.data, path=path) is not None for path in (None, "/api/tags", "/api/version"))


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    body = b""
    while len(body) <= LIMIT and (chunk := stream.read(CHUNK)):
        body += chunk
    try:
        if len(body) > LIMIT:
            raise RecordError(f"longer than {LIMIT >> 20} MiB")
        yield (_observation(body, context),)
    except RecordError as error:
        text = body[: 4 * MAX_RAW].strip().decode("utf-8", "replace")[:MAX_RAW]
        yield Rejected(line=1, reason=str(error), raw=stored(text)[0])


def _observation(body: bytes, context: Context) -> Observation:
    file = PurePath(context.name)
    own, parent = (_ENDINGS.sub("", file.name), file.parent.name)
    named = _NAMED.match(own)
    path = _path(own[named.end() :] if named else own)
    answer = parse_body(body, path=path)
    if answer is None:
        raise RecordError("not an answer of an AI server, or one that means nothing without the path that was asked")
    usual = _USUAL_PORTS.get(answer.software or ("ollama" if path == "/api/tags" else ""))
    where, number = _host(named or _NAMED.fullmatch(parent), usual, context)
    return observation(answer, host=where, port=number, seen_at=context.second(None, ""))


def _host(named: re.Match[str] | None, usual: int | None, context: Context) -> tuple[str, int]:
    where, number = context.host, context.port
    if where is None and named is not None:
        where, given = host(named["ip"] or named["name"]), named["port"] or named["name_port"]
        number = port(given) if given else number
    if where is None:
        raise Unrecognised("an answer names no host: give --host ADDRESS:PORT, or call the file ADDRESS_PORT.json")
    number = number or usual
    if number is None:
        raise Unrecognised("no port: give --host ADDRESS:PORT, or call the file ADDRESS_PORT.json")
    return where, number


def _path(rest: str) -> str | None:
    """Return the path that was asked for, as far as the rest of the file's name tells it."""
    if shown := _SHOWN.search(rest):
        return f"/api/show/{unquote(shown[1])}"
    found = [_PATHS[word] for word in re.split(r"[^a-z0-9]+", rest.lower()) if word in _PATHS]
    return found[-1] if found else None


LOADER = Loader(
    name="answers",
    title="the answer of one AI server (Ollama, vLLM, llama.cpp, …), named by --host or by the file's name",
    sniff=_sniff,
    read=_read,
)
