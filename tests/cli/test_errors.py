"""What a user can do wrong: one line on standard error, the right exit code, and nothing changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Program, contents
from tests.cli.records import IPV4_HOST, ndjson, records

# The call, the exit code, and what the line says (where, and what to do). `load` comes with files that are there.
FAULTS: dict[str, tuple[int, str]] = {
    "load nowhere.ndjson": (1, r"nowhere\.ndjson: there is no such file or folder"),
    "load 'nowhere-*.ndjson'": (1, r"nowhere-\*\.ndjson: the pattern matches no file"),
    "load empty-folder": (1, r"empty-folder: the folder has no files in it"),
    "load": (2, r"load what\?"),
    "load scan.ndjson --loader nope": (2, r"there is no loader nope; choose one of: .*observations"),
    "load scan.ndjson --host 300.1.1.1": (2, r"--host: .*neither an IP address nor a DNS name"),
    "load scan.ndjson --host 192.0.2.1:99999": (2, r"--host: .*not between 1 and 65535"),
    "load scan.ndjson --seen-at yesterday": (2, r"--seen-at: .*neither ISO 8601 nor"),
    "load scan.ndjson --catalogue nowhere.toml": (1, r"nowhere\.toml: the catalogue cannot be read"),
    "load scan.ndjson --catalogue scan.ndjson": (1, r"scan\.ndjson"),
    "load scan.ndjson --geo nowhere.mmdb": (1, r"nowhere\.mmdb: cannot be read"),
    "load scan.ndjson --geo scan.ndjson": (1, r"scan\.ndjson: no database in MaxMind's format"),
    "load scan.ndjson --geo none --prefer-geo": (2, r"--geo none goes alone"),
    "load scan.ndjson --prefer-geo": (2, r"--prefer-geo needs --geo FILE"),
    "load scan.ndjson --format nope": (2, r"--format 'nope': choose from table, json, csv, markdown, parquet"),
    "forget": (2, r"forget what\? Name a scan, or give --hosts with an"),
    "forget scan.ndjson --hosts scan.ndjson": (2, r"forget what\? Name a scan, or give --hosts with an"),
    "forget --hosts nowhere.txt": (1, r"nowhere\.txt: there is no such file, and no host of this archive has"),
    "forget --hosts no/where.txt": (1, r"where\.txt: there is no such file, and it is not an address or a prefix"),
    "forget --hosts 192.0.2.300": (1, r"192\.0\.2\.300: there is no such file, and it is not an address or a prefix"),
    "forget --hosts AS64496": (1, r"by address, prefix or DNS name, not by network"),
    "forget --hosts host-0123456789abcdef": (2, r"no host of this archive has the pseudonym host-0123456789abcdef"),
    "forget --hosts scan.ndjson": (1, r"scan\.ndjson, line 1: this has several columns"),
    "forget --hosts own.txt --data nowhere": (1, r"nowhere: no archive here"),
    "forget --hosts networks.txt": (1, r"by address, prefix or DNS name, not by network"),
    "exclude": (2, r"Missing command"),
    "exclude add 192.0.2.0/24": (2, r"Missing option '--reason'"),
    "exclude add 192.0.2.0/24 --reason ' '": (2, r"--reason says why"),
    "exclude add 192.0.2.7/24 --reason x": (2, r"has bits behind its length; write its first address"),
    "exclude add two.words? --reason x": (2, r"'two\.words\?' is no address, prefix, AS number or DNS name"),
    "exclude add AS42O0000580 --reason x": (2, r"'AS42O0000580' is the name of no host of this archive; is it a missp"),
    "exclude add host-0000000000000000 --reason x": (2, r"no host of this archive has the pseudonym host-0{16}"),
    "exclude remove 198.51.100.7": (2, r"'198\.51\.100\.7' is not excluded; `cohabit exclude list`"),
    "exclude remove 192.0.2.0/24": (2, r"'192\.0\.2\.0/24' is not excluded; `cohabit exclude list` lists what is"),
    "match": (2, r"Missing argument 'FILE'"),
    "match nowhere.txt": (1, r"nowhere\.txt: the assets cannot be read: No such file"),
    "match empty-folder": (1, r"empty-folder: the assets cannot be read"),
    "match bad.txt": (1, r"bad\.txt, line 2: this has bits behind its length; .*\(1 more of its lines cannot be read"),
    "match words.txt": (
        1,
        r"words\.txt, line 2: 'de' is the name of no host of this graph; write an address, a prefix",
    ),
    "forget --hosts words.txt": (1, r"words\.txt, line 2: 'de' is the name of no host of this archive; write an add"),
    "match own.txt --all --unmatched": (2, r"--all is about matches: leave out --unmatched"),
    "rank --in nowhere.txt": (1, r"nowhere\.txt: the assets cannot be read"),
    "compare --with in=nowhere.txt": (1, r"nowhere\.txt: the assets cannot be read"),
    "forget nothing-like-it": (1, r"no loaded scan is called 'nothing-like-it'; `cohabit info --scans` lists them"),
    "info --data nowhere": (1, r"nowhere/graph: no graph here yet; `cohabit load FILE…` makes one"),
    "rejected --data nowhere": (1, r"nowhere: no archive here"),
    "sync --data nowhere": (1, r"nowhere: no archive here"),
    "forget x --data nowhere": (1, r"nowhere: no archive here"),
    "info --store http://127.0.0.1": (2, r"store 'http://127\.0\.0\.1': not known; use neo4j://HOST:PORT"),
    "info --store neo4j": (2, r"store 'neo4j': not known"),
    "load scan.ndjson --store sqlite://x": (2, r"store 'sqlite://x': not known"),
    "rank --format nope": (2, r"--format 'nope': choose from table"),
    "rank --limit 0": (2, r"--limit 0: it takes 1 or more"),
    "rank --limit many": (2, r"'--limit'"),
    "rank --level nope": (2, r"--level 'nope': not a level; choose from model, family, line, lab, lab-country"),
    "rank --level lin": (2, r"--level 'lin': not a level; did you mean line\? Choose from model, family, line, lab, "),
    "rank --by contry": (2, r"--by 'contry': not a place; did you mean country\? Choose from country, network, "),
    "rank --country Xyzzy": (2, r"'Xyzzy' is not a country; write its code, such as DE, or its English name"),
    "export gxf -o x": (2, r"no format is called 'gxf'; did you mean gexf\? Choose from graphml, gexf, "),
    "impact llama --scope qantisation": (2, r"--scope 'qantisation': not a scope; did you mean quantisation\? Choose "),
    "impact llama --scope host": (2, r"--scope 'host': impact counts hosts; `cohabit hosts` with --model, --line, "),
    "rank --by nope": (2, r"--by 'nope': not a place; choose from country, network, provider, "),
    "cooccurrence --level nope": (2, r"--level 'nope': not a level"),
    "cooccurrence nope": (2, r"no family is called 'nope' in this graph \(`cohabit rank --level family` lists them\)"),
    "cooccurrence lama qwen2": (2, r"no family is called 'lama' in this graph; close: llama"),
    "cooccurrence llama3.2:3b": (2, r"no family is called .* it is a model: use --level model"),
    "cooccurrence llama LLAMA": (2, r"'llama' is named twice"),
    "cooccurrence llama qwen2 gemma2 QWEN2": (2, r"'qwen2' is named twice; name different items"),
    "cooccurrence llama qwen2 gemma2 --null hypergeometric": (2, r"is about pairs, not 3 items; leave it out"),
    "cooccurrence --null normal": (2, r"--null 'normal': not a null model; choose from bicm, hypergeometric"),
    "cooccurrence --bootstrap 7": (2, r"--bootstrap 7: it takes 100 to 10,000 draws"),
    "cooccurrence --seed 7": (2, r"--seed needs --bootstrap N"),
    "cooccurrence --bootstrap 100 --seed -7": (2, r"--seed -7: it takes 0 or more"),
    "combinations --level nope": (2, r"--level 'nope': not a level"),
    "combinations --min-size 0": (2, r"--min-size 0: it takes 1 or more"),
    "combinations --min-hosts -1": (2, r"--min-hosts -1: it takes 1 or more"),
    "risks --kind nope": (2, r"--kind 'nope': not a kind of risk; choose from capability, quantisation, version, "),
    "risks --monoculture --kind name": (2, r"--monoculture goes without --kind and --advisories"),
    "risks --advisories nowhere.toml": (1, r"nowhere\.toml: the advisories cannot be read: No such file"),
    "risks --advisories scan.ndjson": (1, r"scan\.ndjson: the advisories are not valid TOML"),
    "rank --country Germny": (
        2,
        r"'Germny' is not a country; did you mean Germany \(DE\)\? Write its code, such as DE, or its English name",
    ),
    "risks --country Germany1 --kind nope": (2, r"--kind 'nope'"),
    "impact": (
        2,
        r"impact of what\? Name an item \(model:…, line:…, lab:…, family:…, digest:…\), or give --digests FILE",
    ),
    "impact nope": (2, r"'nope' is no model, family, line, lab or lab country of this graph"),
    "impact llama3": (2, r"'llama3' can mean several things here; write one of: model:llama3:latest, line:llama3$"),
    "impact lama3": (2, r"'lama3' is no model, .* of this graph; close: .*line:llama3"),
    "impact lin:llama3": (2, r"lin: is no prefix, there are model:, family:, line:, lab:, lab-country:$"),
    "cooccurrence line:llama3": (2, r"no family is called 'line:llama3' here; it is a line: use --level line$"),
    "impact line:lama3": (2, r"no line is called 'lama3' in this graph; close: llama3"),
    "impact digest:12": (2, r"digest:12 is no digest; write its first 8 to 64 hexadecimal digits"),
    "impact qwen2.5 --level nope": (2, r"--level 'nope': not a level"),
    "impact model:llama3 --include-derived": (2, r"--include-derived needs a line or a lab among the names"),
    "impact --digests nowhere.txt": (1, r"nowhere\.txt: the digests cannot be read: No such file"),
    "impact --digests scan.ndjson": (1, r"scan\.ndjson, line 1: this is not a digest"),
    "impact --digests empty-folder": (1, r"empty-folder: the digests cannot be read"),
    "trends --level nope": (2, r"--level 'nope': not a level"),
    "trends --by nope": (2, r"--by 'nope': not a place"),
    "trends --every day": (2, r"--every 'day': choose from week, month"),
    "trends --view nope": (2, r"--view 'nope': choose from shares, slopes, new, vanished, adoption"),
    "trends --view new --by country": (2, r"--view new is about items; leave out --by country"),
    "trends --view slopes --forecast 3": (2, r"--forecast goes with --view shares, not slopes"),
    "trends --forecast 0": (2, r"--forecast 0: it takes 1 to 60 months"),
    "trends --forecast 61": (2, r"--forecast 61: it takes 1 to 60 months"),
    "trends --item nope": (2, r"no family is called 'nope' in this graph"),
    "trends --item llama --by country": (2, r"--item needs --level, beside --by"),
    "trends --at 2025-03-01": (2, r"--at and --within look at one moment; .* give --since and --until"),
    "lifetimes --within 3": (2, r"--at and --within look at one moment"),
    "lifetimes --view nope": (2, r"--view 'nope': choose from survival, churn, observations"),
    "lifetimes --every week": (2, r"--every goes with --view churn, not survival"),
    "lifetimes --view churn --every day": (2, r"--every 'day': choose from week, month"),
    "lifetimes --gone-after 0": (2, r"--gone-after 0: it takes 1 to 1000 weeks"),
    "lifetimes --view observations --since 2025-02-20": (2, r"all of a host's observations; leave out --since and"),
    "cooccurrence --sort colour": (2, r"--sort 'colour': not a column to sort by; choose from hosts, lift"),
    "centrality --weight nope": (2, r"--weight 'nope': not a weight; choose from hosts, jaccard, lift"),
    "centrality --sort nope": (2, r"--sort 'nope': not a column to sort by; choose from hosts, degree"),
    "centrality --bootstrap -1": (2, r"--bootstrap -1: it takes 100 to 10,000 draws"),
    "analyse --null nope": (2, r"--null 'nope': not a null model; choose from bicm, hypergeometric"),
    "analyse --remove --null hypergeometric": (2, r"--null is about what is written: leave out --remove"),
    "clusters --by nope": (2, r"--by 'nope': not a place; choose from country, network, provider, "),
    "clusters --clusters 3": (2, r"--clusters is about places: give --by too"),
    "clusters --by country --clusters 99": (2, r"--clusters 99: only .* with 50 hosts or more \(--min-hosts\)"),
    "concentration --of planet": (2, r"--of 'planet': not a place; choose from country, network, provider"),
    "concentration --of country --of country": (2, r"--of country is given twice"),
    "concentration --of country --level lab": (2, r"--of counts hosts by place, not items: leave --level, --by"),
    "concentration --quotients": (2, r"--quotients compares places: give --by too"),
    "diff 2025-02-20": (2, r"Missing argument 'DATE2' \(`cohabit diff --help` tells more\)"),
    "diff 2025-02-20 spring": (2, r"'spring' is not a date"),
    "diff 2025-03-20 2025-02-20": (2, r"2025-02-20 is before 2025-03-20; name the earlier date first"),
    "diff 2025-02-20 2025-02-20": (2, r"2025-02-20 and 2025-02-20 are in one week; name dates of different weeks"),
    "diff 2025-02-20 2025-03-05": (2, r"the 4 weeks up to 2025-03-05 overlap .*; give --within 2 or less"),
    "diff 2025-01-20 2025-03-05 --at 2025-03-05": (2, r"leave out --since, --until and --at"),
    "diff 2025-01-20 2025-03-05 --within 0": (2, r"--within 0: it takes 1 to 1000 weeks"),
    "diff 2025-01-20 2025-03-05 --level nope": (2, r"not a level; choose from .*lab-country, host"),
    "diff 2025-01-20 2025-03-05 --digests --level lab": (2, r"--digests is about models; leave out --level lab"),
    "study --claims nowhere.toml": (1, r"nowhere\.toml: the claims cannot be read: No such file"),
    "study --claims scan.ndjson": (1, r"scan\.ndjson: the claims are not valid TOML"),
    "compare": (2, r"compare with what\? Give --with KEY=VALUE, such as --with country=CN"),
    "compare --with colour=red": (2, r"--with colour=red: not a filter; choose from since, .*provider-kind, .* in, .*"),
    "compare --with country": (2, r"--with country: write it as country=VALUE"),
    "compare --with within=x": (2, r"--with within=x: it takes a whole number"),
    "compare --with at=2025-01-20 --with at=2025-03-05": (2, r"--with at=2025-03-05: at can be given once"),
    "compare --with exclude-decoys=maybe": (2, r"--with exclude-decoys=maybe: write yes or no"),
    "compare --with within=3": (2, r"--within needs --at DATE"),
    "compare --with network=ASx": (2, r"'ASx' is not an AS number"),
    "compare --country DE --with country=DE": (2, r"both groups are described by the same filters"),
    "compare --with country=DE --level host": (2, r"--level 'host': not a level"),
    "compare --with country=DE --min-hosts 0": (2, r"--min-hosts 0: it takes 1 or more"),
    "compare --with country=DE --without-top -1": (2, r"--without-top -1: it takes 0 to 1,000 networks"),
    "rank --since 2025-02-30": (2, r"'2025-02-30' is not a date; write it as YYYY-MM-DD"),
    "rank --at spring": (2, r"'spring' is not a date"),
    "rank --since 2025-03-01 --until 2025-02-01": (2, r"--until 2025-02-01 is before --since 2025-03-01"),
    "rank --since 2025-03-01 --at 2025-03-01": (2, r"--at cannot be combined with --since or --until"),
    "rank --within 3": (2, r"--within needs --at DATE"),
    "rank --at 2025-03-01 --within 0": (2, r"--within 0: it takes 1 to 1000 weeks"),
    "rank --at 2025-03-01 --within 99999999999999": (2, r"--within 99999999999999: it takes 1 to 1000 weeks"),
    "rank --prefix 192.0.2.0/33": (2, r"'192\.0\.2\.0/33' is not a prefix; write it as 192\.0\.2\.0/24"),
    "rank --network ASx": (2, r"'ASx' is not an AS number; write it as 4134 or AS4134"),
    "rank --network 4294967296": (2, r"'4294967296' is not an AS number"),
    f"rank --network {'9' * 5000}": (2, r"is not an AS number"),
    "rank --provider-kind nope": (2, r"'nope' is not a kind of provider; choose from cloud, hosting, fixed access, "),
    "hosts --advisory cve-2026-7483": (
        2,
        r"--advisory 'cve-2026-7483': none of the \d+ advisories in queries/advisories\.toml "
        r"\(close: CVE-2026-7482.*`cohabit risks --kind version` lists them",
    ),
    "rank --advisory CVE-1999-0001 --advisory any": (2, r"--advisory 'CVE-1999-0001': none of the"),
    "rank --severity worst": (2, r"--severity 'worst': choose from critical, high, medium, low"),
    "compare --with severity=bad": (2, r"--severity 'bad': choose from"),
    "rank --min-weeks -1": (2, r"--min-weeks -1: it takes 0 or more"),
    "rank --min-models -1": (2, r"--min-models -1: it takes 0 or more"),
    "rank --has nope": (2, r"'nope' is no model, family, line, lab or lab country of this graph"),
    "rank --has llama3": (2, r"'llama3' can mean several things here; write one of: model:llama3:latest, line:llama3$"),
    "rank --without llama3": (2, r"'llama3' can mean several things here"),
    "rank --has family:llama3": (2, r"no family is called 'llama3' here; it is a model and a line"),
    "hosts --model nope": (2, r"no model is called 'nope' in this graph"),
    "hosts --digest 12": (2, r"digest:12 is no digest; write its first 8 to 64 hexadecimal digits"),
    "host 192.0.2.99": (2, r"no host 'host-[0-9a-f]{16}' in this graph \(`cohabit hosts` lists them\)"),
    "host host-0123456789abcdef": (2, r"no host 'host-0123456789abcdef' in this graph"),
    "host 240.2.100.1888": (
        2,
        r"'240\.2\.100\.1888' is no address, and no host of this graph is called so; write it as",
    ),
    "host 2001:db8::12345": (2, r"'2001:db8::12345' is no address, and no host"),
    "host nope.example.net": (2, r"no host 'nope\.example\.net' in this graph"),
    "map countries --share nope -o x.svg": (2, r"--share 'nope': not what this map can show; choose from hosts, multi"),
    "map countries --share llama -o x.html": (2, r"--share is of a still picture \(\.svg, \.png\); the page has all"),
    "map models --share llama -o x.svg": (2, r"--share chooses what a map of countries, providers, networks shows"),
    "query": (2, r"give one of: a Cypher statement, --file FILE, --name SAVED"),
    "query 'RETURN 1 AS x' --name scans": (2, r"give one of"),
    "query --file nowhere.cypher": (1, r"nowhere\.cypher: the query cannot be read"),
    "query --name nope": (2, r"no saved query is called 'nope'; .*query --list"),
    "rank --by country --by network": (2, r"--by is given twice, and it takes one value: leave one of them out"),
    "rank -o a.csv --by country --output b.csv": (2, r"--output is given twice"),
    "exclude add 192.0.2.1 --reason x --reason x": (2, r"--reason is given twice"),
    "query --show": (2, r"--show prints a saved query: give its --name too"),
    "query --show --name nope": (2, r"no saved query is called 'nope'"),
    "query --name family-pair --param a=llama": (2, r"query family-pair needs --param b="),
    "query --name families-beside --param familiy=llama": (
        2,
        r"has no parameter familiy \(did you mean family\? it has: family\)",
    ),
    "query 'MATCH (f:Family {name: $family}) RETURN f.name AS name' --param familiy=llama": (
        2,
        r"the query has \$family: give --param family=VALUE; the query has no \$familiy \(did you mean \$family\?\)",
    ),
    "query --name family-pair --param c=llama": (2, r"query family-pair has no parameter c \(it has: a, b\)"),
    "query --name family-cooccurrence --param min_hosts=x": (2, r"--param min_hosts=x: min_hosts takes a whole number"),
    "query --name family-hosts --param broken": (2, r"--param 'broken': write it as NAME=VALUE"),
    "query 'MATCH (n) DETACH DELETE n'": (2, r"query refused at 'DETACH': only reading clauses"),
    "query ''": (2, r"the query is empty"),
    "query 'MATCH (n'": (1, r"refused the query: line 1, column 9: the query ends here, .*; '\(' is not closed"),
    "query 'MATCH (h:Hosts) RETURN h.days AS d'": (2, r"line 1, column 10: no label 'Hosts'; did you mean Host\?"),
    "query 'MATCH (h:Host) RETURN h.adress AS a'": (2, r"no property 'adress' of Host; did you mean address\?"),
    "query 'RETURN 1 AS order'": (
        1,
        r"column 13: 'order' is a reserved word; as a name write it in back quotes: `order`",
    ),
    "query 'RETURN 1 AS x' --output nowhere/x.json": (1, r"nowhere/x\.json: there is no folder nowhere; make it first"),
    "info --output empty-folder": (1, r"empty-folder: this is a folder; name a file"),
    "catalogue ''": (2, r"'' names no model"),
    "catalogue llama3 --unknown": (2, r"give a name or --unknown, not both"),
    "catalogue --unknown --data nowhere": (1, r"nowhere/graph: no graph here yet"),
    "map nope --output x.html": (2, r"map 'nope': not a kind of map; choose from families"),
    "map families": (2, r"Missing option '--output'.*`cohabit map --help` tells more"),
    "map families --output nowhere/x.html": (1, r"nowhere/x\.html: there is no folder nowhere"),
    "notify": (2, r"Missing option '--output'.*`cohabit notify --help` tells more"),
    "notify -o new": (2, r"notices hold addresses, or nobody could act on them: say so with --show-addresses"),
    "notify --show-addresses -o new --by nope": (2, r"--by 'nope': choose from network, provider, contact"),
    "notify --show-addresses -o new --as nope": (2, r"--as 'nope': choose from csv, intelmq, stix, misp"),
    "notify --show-addresses -o new --by contact": (2, r"--by contact needs --contacts FILE"),
    "notify --show-addresses -o new --contacts x": (2, r"--contacts goes with --by contact, not network"),
    "notify --show-addresses -o new --by contact --contacts scan.ndjson": (
        1,
        r"scan\.ndjson, line 1: .*; write AS64496",
    ),
    "notify --show-addresses -o new --model nope": (2, r"no model is called 'nope' in this graph"),
    "notify --show-addresses -o new --format nope": (2, r"--format 'nope': choose from table"),
    "notify --show-addresses -o scan.ndjson": (1, r"scan\.ndjson: this is a file; name a new folder"),
    "notify --show-addresses -o cohabit-data": (
        1,
        r"cohabit-data: the folder is not empty \(.* is in it\)",
    ),
    "notify --show-addresses -o nowhere/new": (1, r"nowhere/new: there is no folder .*nowhere; make it first"),
    "followup empty-folder": (
        1,
        r"empty-folder: there is no notified\.json in it; name a folder that `cohabit notify` wrote",
    ),
    "followup empty-folder --gone-after 0": (2, r"--gone-after 0: it takes 1 to 1000 weeks"),
    "simulate --hosts 0": (2, r"cannot simulate 0 hosts: give a number from 1"),
    "nope": (2, r"No such command 'nope' \(`cohabit --help` tells more\)"),
    "--nope": (2, r"No such option: --nope \(`cohabit --help` tells more\)"),
    "rank --nope": (2, r"No such option: --nope.*`cohabit rank --help` tells more"),
    "rank too much": (2, r"`cohabit rank --help` tells more"),
    "host": (2, r"Missing argument 'address' \(`cohabit host --help` tells more\)"),
    "rank --by": (2, r"'--by' requires an argument"),
}


def assert_one_line(done: Done, code: int, says: str) -> None:
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith("cohabit: ")
    assert re.search(says, done.err.removesuffix("\n")), done.err
    assert done.code == code
    assert done.out == b""


@pytest.fixture(scope="module")
def faults(loaded: Program) -> dict[str, Done]:
    (loaded.folder / "empty-folder").mkdir()
    files = {"own": "192.0.2.0/24", "bad": "192.0.2.0/24\n192.0.2.7/24\nx y", "networks": "AS64496", "words": "AS1\nDE"}
    for name, text in files.items():
        (loaded.folder / f"{name}.txt").write_text(text)
    before = contents(loaded.folder)
    done = dict(zip(FAULTS, loaded.each(list(FAULTS)), strict=True))
    assert contents(loaded.folder) == before
    return done


@pytest.mark.parametrize("call", FAULTS)
def test_one_line_and_nothing_changed(faults: dict[str, Done], call: str) -> None:
    code, says = FAULTS[call]
    assert_one_line(faults[call], code, says)
    assert IPV4_HOST not in faults[call].err


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_server_that_does_not_answer(loaded_copy: Program, closed_port: int, scheme: str) -> None:
    uri = f"{scheme}://127.0.0.1:{closed_port}"
    (loaded_copy.folder / "new.ndjson").write_bytes(ndjson(records()[:1]))
    before = contents(loaded_copy.folder)
    for call in ("info", "load new.ndjson", "load new.ndjson --data new", "sync", "forget scan.ndjson"):
        done = loaded_copy(*call.split(), "--store", uri)
        assert_one_line(done, 1, rf"^cohabit: {uri}: no server answers there; start it, or correct --store")
    assert contents(loaded_copy.folder) == before


def test_a_wrong_password(loaded_copy: Program, neo4j_store_uri: str) -> None:
    (loaded_copy.folder / "new.ndjson").write_bytes(ndjson(records()[:1]))
    before = contents(loaded_copy.folder)
    for call in ("info", "load new.ndjson"):
        done = loaded_copy(
            *call.split(), "--store", neo4j_store_uri, NEO4J_USERNAME="neo4j", NEO4J_PASSWORD="made-up and wrong"
        )
        assert_one_line(done, 1, "the server refuses the user name or password; set NEO4J_USERNAME and NEO4J_PASSWORD")
        assert "made-up" not in done.err
    assert contents(loaded_copy.folder) == before


def test_a_data_folder_that_cannot_be_written(loaded: Program) -> None:
    unwritable = ["scan.ndjson/data"]
    if Path("/sys/kernel").is_dir():
        unwritable.append("/sys/kernel/cohabit")
    for folder in unwritable:
        done = loaded("load", "scan.ndjson", "--data", folder)
        assert_one_line(done, 1, rf"{folder}: cannot write there .*; choose another folder with --data or COHABIT_DATA")


def test_arguments_that_are_no_utf8(loaded: Program) -> None:
    assert_one_line(loaded("rank", "--software", "\udcff"), 2, r"software: '\\udcff' is not valid UTF-8")
    assert_one_line(loaded("query", "RETURN '\udcff' AS x"), 2, r"cypher: .* is not valid UTF-8")


def test_names_in_messages_are_made_visible(loaded: Program) -> None:
    done = loaded("cooccurrence", "\u202eevil\x1b[31m\nsecond line")
    assert_one_line(done, 2, r"\\u202eevil")
    assert "\x1b" not in done.err


def test_no_space_left_on_standard_output(loaded: Program) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    shell = Program(loaded.folder, ("sh", "-c", f'exec {" ".join(loaded.command)} "$@" >/dev/full', "sh"))
    done = shell("info")
    assert (done.code, done.err) == (1, "cohabit: standard output: No space left on device\n")
