"""The archive: one Parquet part per scan, raw values, append-only.

A part is written under a temporary name and renamed when it is whole, so a crash leaves the archive as it was.
Everything else (catalogue, places, votes) happens in projection, so a better rule never
rewrites the archive.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from cohabit.errors import DataError
from cohabit.loaders.records import ListedModel, Observation, Rejected
from cohabit.loaders.values import stored

PART_VERSION = 1
_METADATA_KEY = b"cohabit"
_BATCH = 10_000

_MODEL_TYPE = pa.struct(
    [
        ("name", pa.string()),
        ("digest", pa.string()),
        ("size_bytes", pa.int64()),
        ("family", pa.string()),
        ("parameter_size", pa.string()),
        ("quantization", pa.string()),
        ("format", pa.string()),
        ("capabilities", pa.list_(pa.string())),
        ("remote", pa.bool_()),
    ]
)
_MODEL_FIELDS = [_MODEL_TYPE.field(i) for i in range(_MODEL_TYPE.num_fields)]
PART_SCHEMA = pa.schema(
    [
        ("host", pa.string()),
        ("port", pa.int32()),
        ("seen_at", pa.int64()),
        ("models", pa.list_(_MODEL_TYPE)),
        ("software", pa.string()),
        ("version", pa.string()),
        ("country_code", pa.string()),
        ("country", pa.string()),
        ("asn", pa.int64()),
        ("as_name", pa.string()),
        ("org", pa.string()),
        ("provider_kind", pa.string()),
    ]
)


class ScanFacts(msgspec.Struct, kw_only=True):
    """What is known of one loaded scan; kept in its part and shown by `info --scans`."""

    sha256: str
    file_name: str
    loader: str
    loaded_at: str
    records: int = 0
    rejected: int = 0
    partial: int = 0
    replaced: int = 0
    first_seen: int | None = None
    last_seen: int | None = None
    simulated: bool = False
    forgotten: int = 0
    """Observations that were removed, or not kept, because their host was to be forgotten."""
    cleared_of: str = ""
    """Which list of forgotten hosts it was cleared of."""
    part_version: int = PART_VERSION

    @property
    def accepted(self) -> int:
        """Records accepted: read = accepted + rejected, always."""
        return self.records - self.rejected


class Tally(Protocol):
    """Counts of records so far: read = accepted + rejected, and how many of the accepted are partial."""

    read: int
    rejected: int
    partial: int


class RejectedRecord(msgspec.Struct, kw_only=True):
    """One rejected record as `rejected` lists it; `raw` is bounded."""

    file: str
    line: int
    reason: str
    raw: str


@dataclass
class Archive:
    """The archive folder of a data folder. Opening it creates nothing; writing does."""

    data: Path
    _id: str | None = field(default=None, repr=False)

    @property
    def folder(self) -> Path:
        """Where the parts are."""
        return self.data / "archive"

    @property
    def rejected_folder(self) -> Path:
        """Where the rejected records are, one file a scan."""
        return self.data / "rejected"

    @property
    def exists(self) -> bool:
        """Whether something was ever loaded into it."""
        return (self.folder / "ID").exists()

    @property
    def id(self) -> str:
        """What tells this archive from any other; made once, kept in the folder."""
        if self._id is None:
            path = self.folder / "ID"
            with writing(self.data):
                self.folder.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    write_atomically(path, f"{uuid.uuid4()}\n".encode())
            self._id = path.read_text(encoding="ascii").strip()
        return self._id

    def parts(self) -> list[Path]:
        """Complete parts, by hash; files under a temporary name are not among them."""
        return sorted(self.folder.glob("*.parquet"))

    def part(self, sha256: str) -> Path:
        """Path of the part of that scan."""
        return self.folder / f"{sha256}.parquet"

    def facts(self, part: Path) -> ScanFacts:
        """Read the facts of one part from its footer."""
        try:
            metadata = pq.read_metadata(part).metadata or {}
            return msgspec.json.decode(metadata[_METADATA_KEY], type=ScanFacts)
        except (pa.ArrowInvalid, KeyError, OSError, msgspec.DecodeError) as error:
            raise DataError(
                f"{part}: not a readable part of the archive ({first_line(error)}); remove it and load its scan again"
            ) from error

    def scans(self) -> list[ScanFacts]:
        """Facts of all scans, by hash."""
        return [self.facts(part) for part in self.parts()]

    def version(self, *digests: str) -> str:
        """What a graph projected from this archive depends on, as one hash; `digests` are those of all else it uses."""
        import cohabit
        from cohabit.graph import schema

        basis = [cohabit.__version__, str(schema.SCHEMA_VERSION), *digests]
        basis += [part.stem for part in self.parts()]
        return hashlib.sha256("\n".join(basis).encode()).hexdigest()

    def add(self, facts: ScanFacts, records: Iterable[Observation | Rejected], tally: Tally) -> ScanFacts:
        """Write one scan from its records and return its completed facts.

        `tally` counts the records while they are iterated over; one record can be several observations. Nothing is
        left behind when the records raise or when none of them is accepted (DataError).
        """
        with writing(self.data):
            self.folder.mkdir(parents=True, exist_ok=True)
            self.rejected_folder.mkdir(parents=True, exist_ok=True)
            self.remove_unfinished()
            token = uuid.uuid4().hex
            part_tmp = self.folder / f".{token}.part"
            rejected_tmp = self.rejected_folder / f".{token}.part"
            try:
                first = self._write(facts, records, tally, part_tmp, rejected_tmp)
                if facts.records and not facts.accepted:
                    raise DataError(
                        f"{facts.file_name}: none of its {facts.records} records can be used; the first, "
                        f"line {first.line if first else 0}: {first.reason if first else ''}"
                    )
                # The rejected records first: the part is what makes the scan loaded.
                os.replace(rejected_tmp, self.rejected_of(facts.sha256))
                fsync_replace(part_tmp, self.part(facts.sha256))
            finally:
                for leftover in (part_tmp, rejected_tmp):
                    leftover.unlink(missing_ok=True)
        return facts

    def _write(
        self,
        facts: ScanFacts,
        records: Iterable[Observation | Rejected],
        tally: Tally,
        part: Path,
        rejected: Path,
    ) -> Rejected | None:
        """Write both temporary files; the facts go into the footer, when they are known."""
        first: Rejected | None = None
        encode = msgspec.json.encode
        with (
            pq.ParquetWriter(part, PART_SCHEMA, compression="zstd", use_dictionary=True) as writer,
            rejected.open("wb") as rejects,
        ):
            batch: list[Observation] = []
            for record in records:
                if isinstance(record, Rejected):
                    first = first or record
                    rejects.write(
                        encode(
                            RejectedRecord(
                                file=stored(facts.file_name)[0],
                                line=record.line,
                                reason=stored(record.reason)[0],
                                raw=stored(record.raw)[0],
                            )
                        )
                        + b"\n"
                    )
                    continue
                batch.append(record)
                _count(facts, record)
                if len(batch) == _BATCH:
                    writer.write_batch(_record_batch(batch))
                    batch.clear()
            if batch:
                writer.write_batch(_record_batch(batch))
            facts.records, facts.rejected, facts.partial = tally.read, tally.rejected, tally.partial
            writer.add_key_value_metadata({_METADATA_KEY: encode(facts)})
        return first

    def rewrite(self, part: Path, batches: Iterable[pa.RecordBatch], facts: ScanFacts) -> None:
        """Put these batches, of the part's own columns, in the place of a part's content.

        The facts may change while the batches are made: they are written last.
        """
        temporary = self.folder / f".{uuid.uuid4().hex}.part"
        try:
            schema = pq.read_schema(part).remove_metadata()
            with pq.ParquetWriter(temporary, schema, compression="zstd", use_dictionary=True) as writer:
                for batch in batches:
                    writer.write_batch(batch)
                writer.add_key_value_metadata({_METADATA_KEY: msgspec.json.encode(facts)})
            fsync_replace(temporary, part)
        finally:
            temporary.unlink(missing_ok=True)

    def batches(self, part: Path) -> Iterator[pa.RecordBatch]:
        """Yield the observations of a part."""
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(_BATCH):
                yield pa.RecordBatch.from_arrays(batch.columns, schema=batch.schema.remove_metadata())

    def rejected_of(self, sha256: str) -> Path:
        """Path of the rejected records of that scan."""
        return self.rejected_folder / f"{sha256}.ndjson"

    def counts(self, sha256: str) -> tuple[int, int]:
        """Observations (distinct host, port, second) and hosts of one scan."""
        import duckdb

        with duckdb.connect() as connection:
            row = connection.execute(
                "SELECT count(*), count(DISTINCT host) "
                "FROM (SELECT DISTINCT host, port, seen_at FROM read_parquet($1))",
                [str(self.part(sha256))],
            ).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def remove(self, sha256: str) -> None:
        """Remove a scan's part and its rejected records (DataError when it is not there)."""
        with writing(self.data):
            try:
                self.part(sha256).unlink()
            except FileNotFoundError:
                raise DataError(f"no loaded scan has the hash {sha256}; `cohabit info --scans` lists them") from None
            self.rejected_of(sha256).unlink(missing_ok=True)

    def rejected(self) -> Iterator[RejectedRecord]:
        """Yield the rejected records of all loaded scans, by file name, then line."""
        for facts in sorted(self.scans(), key=lambda f: (f.file_name, f.sha256)):
            path = self.rejected_of(facts.sha256)
            if path.exists():
                with path.open("rb") as lines:
                    for line in lines:
                        yield msgspec.json.decode(line, type=RejectedRecord)

    def remove_unfinished(self) -> None:
        """Remove what a crash left. The caller holds the data folder's lock, so nobody is writing it now."""
        for folder in (self.data, self.folder, self.rejected_folder):
            for leftover in folder.glob(".*.part"):
                leftover.unlink(missing_ok=True)


def _count(facts: ScanFacts, record: Observation) -> None:
    facts.replaced += record.replaced
    facts.simulated = facts.simulated or record.simulated
    facts.first_seen = record.seen_at if facts.first_seen is None else min(facts.first_seen, record.seen_at)
    facts.last_seen = record.seen_at if facts.last_seen is None else max(facts.last_seen, record.seen_at)


def _record_batch(batch: list[Observation]) -> pa.RecordBatch:
    """Lay the observations out by column; building Arrow from dicts would take several times as long."""
    offsets: list[int | None] = []
    listed: list[ListedModel] = []
    for record in batch:
        offsets.append(None if record.models is None else len(listed))
        listed.extend(record.models or ())
    offsets.append(len(listed))
    columns = _columns(listed, _MODEL_FIELDS)
    models = pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()),
        pa.StructArray.from_arrays(columns, fields=_MODEL_FIELDS),
    )
    arrays = _columns(batch, [f for f in PART_SCHEMA if f.name != "models"])
    arrays.insert(PART_SCHEMA.get_field_index("models"), models)
    return pa.RecordBatch.from_arrays(arrays, schema=PART_SCHEMA)


def _columns(rows: Sequence[Any], fields: Sequence[pa.Field]) -> list[pa.Array]:
    # One getter for all fields runs in C; a comprehension for each takes several times as long.
    values = zip(*map(attrgetter(*(f.name for f in fields)), rows), strict=True) if rows else [()] * len(fields)
    return [pa.array(column, f.type) for column, f in zip(values, fields, strict=True)]


def write_atomically(path: Path, content: bytes) -> None:
    """Write a small file under a temporary name, then rename it: readers see the old or the new one."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        temporary.write_bytes(content)
        fsync_replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def fsync_replace(temporary: Path, path: Path) -> None:
    """Put a file that is written in the place of another, once it is on the disk."""
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(temporary, path)


@contextlib.contextmanager
def writing(folder: Path, remedy: str = "choose another folder with --data or COHABIT_DATA") -> Iterator[None]:
    """Turn «no permission» and «disk full» into one line that names the file or folder and a remedy."""
    try:
        yield
    except (PermissionError, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise DataError(f"{folder}: cannot write there ({error.strerror or error}); {remedy}") from error
    except OSError as error:
        raise DataError(f"{folder}: {error.strerror or error}") from error


def first_line(error: BaseException) -> str:
    """First line of an error's text, for messages of one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
