"""What the loaders' tests share: reading made-up bytes through the front door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from cohabit.loaders.reading import expand
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.registry import Reading, open_reading

# A busy machine is no defect: generated examples may take their time (the first one may import a large library).
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


class Outcome(NamedTuple):
    """A reading that was read to the end, and what it yielded."""

    reading: Reading
    items: list[Observation | Rejected]

    @property
    def observations(self) -> list[Observation]:
        return [item for item in self.items if isinstance(item, Observation)]

    @property
    def reasons(self) -> list[str]:
        return [item.reason for item in self.items if isinstance(item, Rejected)]


ReadBytes = Callable[..., Outcome]


@pytest.fixture
def read_bytes(tmp_path: Path) -> ReadBytes:
    """Write bytes to a file whose name says nothing, and read it."""

    def read(data: bytes, **options: object) -> Outcome:
        file = tmp_path / "export.bin"
        file.write_bytes(data)
        (source,) = expand([str(file)])
        with open_reading(source, **options) as reading:  # type: ignore[arg-type]
            return Outcome(reading, list(reading))

    return read
