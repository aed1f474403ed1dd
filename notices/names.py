"""File names made of recipients' names, which may hold anything."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

_UNSAFE = re.compile(r"[^a-z0-9._@]+")
_LONGEST = 60
# Devices of Windows, with whatever ending.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com\d|lpt\d)(?:\..*)?")


def file_stems(recipients: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """A name without ending for each of these distinct recipients: lower case, ASCII, short, no two alike.

    A recipient whose readable name is not its alone (or is one of `taken`, a device, too long, or empty) gets a part of
    its hash behind it, so that a name does not depend on the order of the recipients.
    """
    readable = [_readable(recipient) for recipient in recipients]
    times = Counter(readable)
    reserved = set(taken)
    plain = [_is_plain(name) and times[name] == 1 and name not in reserved for name in readable]
    used = reserved | {name for name, kept in zip(readable, plain, strict=True) if kept}
    stems = []
    for recipient, name, kept in zip(recipients, readable, plain, strict=True):
        stem = name if kept else _hashed(name, recipient, used)
        used.add(stem)
        stems.append(stem)
    return stems


def _readable(recipient: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", recipient).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("-", ascii_only.lower()).strip("-.")


def _is_plain(name: str) -> bool:
    return 0 < len(name) <= _LONGEST and not _DEVICE.fullmatch(name)


def _hashed(name: str, recipient: str, used: set[str]) -> str:
    digest = hashlib.sha256(recipient.encode("utf-8", "surrogatepass")).hexdigest()
    begin = name[:_LONGEST].rstrip("-.") or "recipient"
    begin = f"recipient-{begin}" if _DEVICE.fullmatch(begin) else begin
    # A name of somebody who wrote another's hash into his own would need more of it.
    return next(stem for size in range(8, 65, 8) if (stem := f"{begin}-{digest[:size]}") not in used)
