"""The operators of a simulated population: who keeps which models together, and where such operators sit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from cohabit.simulation.models import MODELS

# One operator a row, columns as in `Profile`. The strata are what the exact numbers of a population rest on:
# `pair` has models of the families llama and qwen2 in its core, `multi` two or more models but never both of
# those families, `single` exactly one model, `empty` none.
PROFILE_TABLE = """
single|one llama|372|chat/llama||||-0.3|0.6
single|one mistral|50|mistral||||-1|0.2
single|one qwen|145|qwen||||0.7|0.3
single|one reasoning model|52|r1||||0.8|0.6
single|one gemma2|85|gemma2||||-0.4|0.4
single|one qwen3|64|qwen3||||0.5|0.5
single|one gemma3|40|gemma3||||-0.4|0.3
single|one embedder|14|nomic||||0|-0.8
single|one phi|30|phi||||-0.5|0.4
single|one vision model|48|vision||||0|-0.2
single|one gpt-oss|13|gptoss||||-0.2|-0.4
single|one code model|30|code||||0.2|0
single|one rare model|20|tail||||0.1|-0.2
pair|mixed chat|270|chat/llama qwen|r1:0.17 gemma2:0.25 mistral:0.15|0-3||0|0.5
pair|retrieval|190|chat/llama qwen nomic|embed:0.25 gemma2:0.1 vision:0.2|0-3||0|-0.3
pair|chinese stack|140|qwen r1 chat/llama|embed/bert:0.7 qwen3:0.5 qwen:0.4|0-2||1|0.2
pair|coder|90|code/qwen2 code/llama|code:0.7 chat/llama:0.5 code/starcoder2:0.3 nomic:0.15|0-3||0.1|0
pair|vision|110|chat/llama qwen vision|gemma3:0.25 vision:0.5 vision/mllama:0.3|0-3||-0.1|0
pair|collector|170|chat/llama chat/llama qwen r1|gemma2:0.5 mistral:0.5 qwen3:0.6|4-38||-0.2|-0.5
multi|llama fan|235|chat/llama chat/llama|mistral:0.3 gemma2:0.35 phi:0.25|0-3|qwen2|-0.5|0.6
multi|llama retrieval|130|chat/llama nomic|embed:0.25 gemma2:0.15|0-2|qwen2|0|-0.6
multi|llama vision|90|chat/llama vision|vision/mllama:0.5 gemma3:0.2|0-2|qwen2|-0.3|0
multi|mistral stack|60|mistral mistral|nomic:0.3 mistral/mistral3:0.3|0-2|qwen2|-1|0
multi|qwen stack|150|qwen r1|embed/bert:0.6 qwen3:0.4 tail/chatglm:0.1|0-2|llama|1|0.2
multi|qwen coder|50|code/qwen2 code|nomic:0.15|0-2|llama|0.4|0
multi|newcomer|70|qwen3 gemma3|gptoss:0.4 embed:0.3|0-2|llama qwen2|0.2|-0.2
multi|gemma stack|85|gemma2 gemma3|gemma2:0.3|0-2|llama qwen2|-0.5|0.3
multi|qwen3 stack|40|qwen3 qwen3|embed:0.4 vision/qwen25vl:0.3|0-2|llama qwen2|0.6|0
multi|small stack|40|phi gemma2|embed:0.3|0-2|llama qwen2|-0.3|0.7
multi|collector|50|chat/llama chat/llama|gemma2:0.5|4-38|qwen2|-0.3|-0.5
empty|no models|1|||||0|0
"""


@dataclass(frozen=True)
class Profile:
    """A kind of operator.

    `core` pools always give one model each, `options` each with its probability, and `extras` (least, most)
    further models come from all pools. A pool is written `name` or `name/family`. Families in `never` do not
    occur. `weight` is the relative number of hosts within the stratum. `east` and `home`, from −1 to 1, say
    how much such operators are found in China rather than in Europe, and on access lines rather than in data
    centres.
    """

    stratum: str
    name: str
    weight: int
    core: tuple[str, ...]
    options: tuple[tuple[str, float], ...]
    extras: tuple[int, int]
    never: frozenset[str]
    east: float
    home: float


def _parsed_profiles() -> dict[str, tuple[Profile, ...]]:
    strata: dict[str, list[Profile]] = {}
    for row in PROFILE_TABLE.strip().splitlines():
        stratum, name, weight, core, options, extras, never, east, home = row.split("|")
        pairs = (option.split(":") for option in options.split())
        least, _, most = extras.partition("-")
        strata.setdefault(stratum, []).append(
            Profile(
                stratum=stratum,
                name=name,
                weight=int(weight),
                core=tuple(core.split()),
                options=tuple((pool, float(share)) for pool, share in pairs),
                extras=(int(least or 0), int(most or 0)),
                never=frozenset(never.split()),
                east=float(east),
                home=float(home),
            )
        )
    return {stratum: tuple(profiles) for stratum, profiles in strata.items()}


PROFILES = _parsed_profiles()


def draw_models(profile: Profile, random: Random) -> list[int]:
    """Return the distinct models of one host of that profile: positions in `MODELS`, `core` first."""
    uniform = random.random
    chosen: list[int] = []
    for selector in profile.core:
        _add_from(_pool(selector, profile.never), chosen, uniform)
    for selector, share in profile.options:
        if uniform() < share:
            _add_from(_pool(selector, profile.never), chosen, uniform)
    least, most = profile.extras
    if most:
        # The square makes large collections rare.
        for _ in range(least + int((most - least + 1) * uniform() ** 2)):
            _add_from(_pool("", profile.never), chosen, uniform)
    return chosen


@cache
def _pool(selector: str, never: frozenset[str]) -> tuple[list[int], list[float]]:
    """Return the models of a pool and their cumulative weights; the empty selector takes every pool."""
    name, _, family = selector.partition("/")
    members = [
        position
        for position, model in enumerate(MODELS)
        if name in {"", model.pool} and family in {"", model.family} and model.family not in never
    ]
    return members, list(accumulate(MODELS[position].weight for position in members))


def _add_from(pool: tuple[list[int], list[float]], chosen: list[int], uniform: Callable[[], float]) -> None:
    """Add one model of the pool that the host does not have yet, if there is one."""
    members, cumulative = pool
    for _ in range(8):
        position = members[bisect_right(cumulative, uniform() * cumulative[-1], hi=len(members) - 1)]
        if position not in chosen:
            chosen.append(position)
            return
    # A small pool nearly used up: its first model still missing.
    chosen.extend([position for position in members if position not in chosen][:1])
