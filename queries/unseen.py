"""How many hosts were there and never seen: Chao's lower bound."""

from __future__ import annotations


def unseen_at_least(once: int, twice: int, occasions: int | None = None) -> float:
    """Lower bound of the number of hosts never seen, from those seen on exactly one and exactly two occasions.

    Chao (1984, 1987): f0 ≥ (t−1)/t · f1² / (2·f2), and (t−1)/t · f1·(f1−1) / 2 where f2 = 0 (the bias-corrected form,
    without which it would be infinite). Without `occasions` (t) their number counts as large. It supposes that the
    same hosts are there on every occasion, and that each host is as likely to be seen on one occasion as on another;
    hosts may differ from each other in that, which is why it is a lower bound.
    """
    factor = 1.0 if occasions is None else (occasions - 1) / occasions
    return factor * (once**2 / (2 * twice) if twice else once * (once - 1) / 2)
