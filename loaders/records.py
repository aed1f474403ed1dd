"""What a loader yields: observations and rejected records. Raw values, nothing looked up and nothing guessed."""

from __future__ import annotations

import msgspec


class ListedModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of a host's model list, as the server wrote it.

    `name` is the raw reference (up to 1,024 characters), `digest` bare lower-case hex, `size_bytes` the size on disk,
    `parameter_size` the human form ("8.0B"), `capabilities` the server's own list (None: it gave none).
    """

    name: str
    digest: str | None = None
    size_bytes: int | None = None
    family: str | None = None
    parameter_size: str | None = None
    quantization: str | None = None
    format: str | None = None
    capabilities: tuple[str, ...] | None = None
    remote: bool = False


class Observation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer of one host at one time.

    `host` is a canonical IP address or a lower-case DNS name, `seen_at` seconds since 1970 in UTC (truncated).
    `models` is None when no list was seen, empty when an empty list was seen.
    `dropped` counts entries of the list that could not be read (the record is then `partial`);
    `replaced` counts characters that no store can keep (NUL, lone surrogates), stored as U+FFFD.
    """

    host: str
    port: int
    seen_at: int
    models: tuple[ListedModel, ...] | None = None
    software: str | None = None
    version: str | None = None
    country_code: str | None = None
    country: str | None = None
    asn: int | None = None
    as_name: str | None = None
    org: str | None = None
    provider_kind: str | None = None
    simulated: bool = False
    dropped: int = 0
    replaced: int = 0


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was not accepted: its line (or place in the array, both from 1), why, and its bounded raw text."""

    line: int
    reason: str
    raw: str
