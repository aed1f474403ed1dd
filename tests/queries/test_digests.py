"""How digests are written, and files of them; and what the names of quantisations say."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.queries.digest_names import parse_digest, read_digest_file
from cohabit.queries.risks import bits_of

FULL = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (FULL, FULL),
        (f" sha256:{FULL.upper()} ", FULL),
        (f"sha256-{FULL}", FULL),
        ("0123456789AB", "0123456789ab"),
        ("sha256:0123456789ab", "0123456789ab"),
        (FULL[:13], FULL[:13]),
        (FULL[:8], FULL[:8]),
        (FULL[:7], None),
        (FULL + "0", None),
        ("0123456789ax", None),
        ("", None),
        ("llama3", None),
    ],
)
def test_parse_digest(text: str, digest: str | None) -> None:
    assert parse_digest(text) == digest


def test_a_file_of_digests(tmp_path: Path) -> None:
    path = tmp_path / "digests.txt"
    path.write_text(f"\ufeff# leaked weights\nsha256:{FULL}\n\n0123456789ab # short\r\n{FULL}\n", "utf-8")
    assert read_digest_file(path) == (FULL, "0123456789ab")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "there are no digests in it"),
        (b"# nothing\n\n", "there are no digests in it"),
        (b"0123456789ab\nllama3:8b\n", r"line 2: this is not a digest; write its first 8 to 64"),
        (b"0123456789ab\n\x1b[31m\n", r"line 2: this is not a digest"),
        (b"\xff\xfe\x00", "this is not a text file"),
    ],
)
def test_mistakes_in_a_file(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "digests.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says) as raised:
        read_digest_file(path)
    assert "\x1b" not in str(raised.value)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_digest_file(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("quantisation", "bits"),
    [
        ("Q4_K_M", 4),
        ("Q4_0", 4),
        ("IQ4_XS", 4),
        ("IQ3_XXS", 3),
        ("TQ1_0", 1),
        ("MXFP4", 4),
        ("NVFP4", 4),
        ("NF4", 4),
        ("UD-Q4_K_XL", 4),
        ("INT4", 4),
        ("Q8_0", 8),
        ("FP8_E4M3", 8),
        ("F16", 16),
        ("BF16", 16),
        ("F32", 32),
        ("AWQ", None),
        ("GPTQ", None),
        ("4", None),
        ("SEQ4", None),
        ("", None),
    ],
)
def test_bits(quantisation: str, bits: int | None) -> None:
    assert bits_of(quantisation) == bits
