"""Made-up map data: hosts are drawn at random, so that every figure of a pair follows from counting them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np

from cohabit.graph.incidence import LEVELS, Deployments, Incidence, ItemMatrix, ModelTable
from cohabit.maps.data import Frame, MapData, MapItem, MapPair, MapSet

# Largest first: hosts fall off as 1/rank. Country of the lab, and the kinds of household the family lives in.
FAMILIES = """
llama US chat small code legacy|qwen2 CN chat code cn small|nomic-bert US rag|bert US rag|gemma3 US chat vision new
qwen3 CN new cn chat|phi3 US small chat|gemma2 US chat|mllama US vision|gemma US legacy chat|qwen3moe CN new cn
deepseek2 CN cn big|gptoss US new big|starcoder2 US code|phi2 US small legacy|mistral3 FR new chat
qwen25vl CN vision cn|clip US vision|command-r CA big|granite US rag code|gemma3n US new small|minicpmv CN vision cn
internlm2 CN cn|qwen3vl CN new vision cn|xlmroberta FR rag|falcon AE legacy big|stablelm GB small legacy
chatglm CN cn legacy|glm4 CN cn|olmo2 US small|exaone KR chat|cohere2 CA big|nemotron US big
llama4 US new big vision|baichuan CN cn legacy|smollm3 FR new small|granitemoe US code|mixtral FR big legacy
jina-bert-v2 DE rag|qwen CN cn legacy|orion CN cn|solar KR legacy|dbrx US big|phimoe US small|hunyuan CN cn new
lfm2 US new small|rwkv6 SG legacy|mamba US legacy|seed-oss CN new big|ernie4 CN cn new|dots1 CN cn
granitehybrid US new code|bloom FR legacy|mpt US legacy|starcoder US code legacy|arctic US big
plamo JP chat|gptneox US legacy|falcon-h1 AE new small|bitnet US small|grok US big|openelm US small
""".replace("\n", "|").strip("|")


def map_data(
    hosts: Iterable[Iterable[str]],
    groups: dict[str, str | None],
    *,
    title: str = "Families deployed together",
    **rest: object,
) -> MapData:
    """Count a population (the families of each host) into the data of a map."""
    sets = [frozenset(names) for names in hosts]
    listed = [names for names in sets if names]
    base = len(listed)
    single = Counter(name for names in listed for name in names)
    both = Counter(pair for names in listed for pair in combinations(sorted(names), 2))
    items = tuple(MapItem(n, c, c / base, base, groups.get(n)) for n, c in sorted(single.items()))
    pairs = tuple(
        MapPair(
            a, b, c, c / single[a], c / single[b], c * base / (single[a] * single[b]), c / (single[a] + single[b] - c)
        )
        for (a, b), c in sorted(both.items())
    )
    frame: dict[str, object] = {
        "hosts": len(sets),
        "multi_model_hosts": sum(len(names) > 1 for names in listed),
        "unit": "family",
        "source": "12 scans of a made-up internet",
        "date_from": "2026-08-03",
        "date_to": "2026-10-25",
        "filters": ("software: ollama", "decoys excluded"),
        "caveats": ("The family is what servers report, not what the file name says.",),
    }
    frame.update(rest)
    exact = Counter(names for names in sets if len(names) > 1)
    found = tuple(MapSet(tuple(sorted(n)), c) for n, c in sorted(exact.items(), key=lambda e: (-e[1], sorted(e[0]))))
    several = sum(exact.values())
    return MapData(Frame(title=title, base=base, **frame), items, pairs, found[:40], len(found), several)  # type: ignore[arg-type]


def population(families: Sequence[tuple[str, frozenset[str]]], hosts: int, seed: int) -> list[set[str]]:
    """Draw hosts: each has one or two habits (kinds) and mostly lists families of them, common ones more often."""
    chance = random.Random(seed)
    kinds = sorted({kind for _, of_family in families for kind in of_family})
    found = []
    for _ in range(hosts):
        habits = set(chance.sample(kinds, 1 + (chance.random() < 0.35)))
        weights = [(8.0 if habits & of_family else 0.6) / (rank + 1) for rank, (_, of_family) in enumerate(families)]
        size = 1 + min(7, int(chance.expovariate(0.5)))
        names = [name for name, _ in families]
        found.append(set(chance.choices(names, weights, k=size)) if chance.random() > 0.05 else set())
    return found


def realistic(hosts: int = 40_000, seed: int = 3, **rest: object) -> MapData:
    """Return about 60 families with a long tail, seven countries of labs and more, some families without a link."""
    rows = [line.split() for line in FAMILIES.split("|")]
    hermits = {
        "whisper": ("US", 310),
        "flux": ("DE", 122),
        "sdxl": ("GB", 64),
        "kokoro": ("JP", 21),
        "rwkv7": ("SG", 4),
    }
    families = [(row[0], frozenset(row[2:])) for row in rows]
    countries: dict[str, str | None] = {row[0]: row[1] for row in rows}
    countries["rwkv6"] = None
    countries.update({name: country for name, (country, _) in hermits.items()})
    alone = [{name} for name, (_, number) in hermits.items() for _ in range(number)]
    return map_data(population(families, hosts, seed) + alone, countries, **rest)


HOSTILE = (
    "</script><script>window.__pwn=1</script>",
    "<img src=x onerror=window.__pwn=2>",
    "</title><script>window.__pwn=3</script>",
    "<!--<script>window.__pwn=4</script>",
    "--><svg onload=window.__pwn=5>",
    "<style>*{background:url(http://192.0.2.1/x)}</style>",
    "href",
    "<a href=javascript:window.__pwn=6>click</a>",
    "http://192.0.2.7/open",
    "javascript:window.__pwn=7",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "line\u2028separator\u2029end",
    "evil\u202egpj.exe",
    "\u2067isolate\u2069 \u200bzero\ufeff",
    "\x1b[31mred\x1b[0m \x07bell",
    "new\nline\ttab\rreturn",
    'quote " double',
    "quote ' single `back`",
    "back\\slash \\u003c \\",
    "{{7*7}} ${window.__pwn=8} %s",
    "&lt;b&gt; &amp; &#x3c;",
    "lone \ud800 surrogate",
    "=1+1",
    "a" * 1000,
    "<b>" * 333,
    "😀" * 40,
    "اختبار العربية",
    "z" + "\u0301" * 30,
    "",
    " ",
)


def hostile() -> MapData:
    """Return families, groups, title, source, filters and caveats that try to run, to load, to reorder, to break."""
    kinds = ("a", "b", "c")
    families = [(name, frozenset({kinds[index % 3]})) for index, name in enumerate(HOSTILE)]
    groups: dict[str, str | None] = {name: HOSTILE[index % 9] for index, name in enumerate(HOSTILE)}
    everything = " ".join(HOSTILE)
    return map_data(
        population(families, 3000, 5),
        groups,
        title=everything,
        source=everything,
        date_from=HOSTILE[0],
        date_to=HOSTILE[1],
        filters=HOSTILE,
        caveats=HOSTILE,
    )


def matrix_of(hosts: Sequence[Iterable[str]]) -> tuple[Incidence, ItemMatrix]:
    """Count a population (the models of each host) as the queries see it: one item a model."""
    sets = [sorted(set(names)) for names in hosts]
    names = sorted({name for one in sets for name in one})
    position = {name: index for index, name in enumerate(names)}
    of_host = np.array([index for index, one in enumerate(sets) for _ in one], np.int64)
    of_model = np.array([position[name] for one in sets for name in one], np.int64)
    nothing: list[str | None] = [None] * len(names)
    table = ModelTable(names, {level: list(names) if level == "model" else list(nothing) for level in LEVELS})
    keys = np.arange(len(sets), dtype=np.int64)
    incidence = Incidence(keys, of_host, of_model, table, Deployments(of_host, of_model))
    return incidence, incidence.at("model")


def frame(**rest: object) -> Frame:
    """Return a frame of a made-up population of models."""
    given: dict[str, object] = {
        "title": "Models that live together",
        "unit": "model",
        "base": 900,
        "hosts": 1000,
        "multi_model_hosts": 500,
        "source": "12 scans of a made-up internet",
        "date_from": "2026-08-03",
        "date_to": "2026-10-25",
    }
    return Frame(**{**given, **rest})  # type: ignore[arg-type]


def many_models(number: int, hosts: int, seed: int = 4) -> list[set[str]]:
    """Draw hosts with models of one or two of 12 circles each; a common few are everywhere."""
    chance = random.Random(seed)
    names = [f"model-{i:04d}:{chance.choice(('latest', '7b', '13b-q4_0', '70b'))}" for i in range(number)]
    found = []
    for _ in range(hosts):
        circle = chance.randrange(12)
        own = names[circle::12]
        size = 1 + min(8, int(chance.expovariate(0.4)))
        found.append({own[min(len(own) - 1, int(chance.paretovariate(0.9)) - 1)] for _ in range(size)})
        if chance.random() < 0.3:
            found[-1].add(names[chance.randrange(min(number, 12))])
    return found
