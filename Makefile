# `make demo` and `make test` are all a newcomer needs; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-neo4j-2026 check smoke-all dist image bench docs site neo4j clean

help: ## List the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# The link through which type checkers see the root folder as the package `cohabit`.
.types/cohabit:
	@mkdir -p .types && ln -sfn .. .types/cohabit

$(VENV)/.installed: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing cohabit into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed ## Simulate a population, load it, print the co-occurrence, draw a map
	@rm -rf demo && mkdir demo
	$(BIN)/cohabit simulate --hosts 5000 --output demo
	$(BIN)/cohabit load demo/*.ndjson.* --data demo/data
	$(BIN)/cohabit cooccurrence llama qwen2 --data demo/data
	$(BIN)/cohabit map families --output demo/families.html --data demo/data
	@echo "Open demo/families.html in a browser."

# A file stays with one process, so that what its tests share is made once; each process has a server and a browser of
# its own, so there are never many.
test: $(VENV)/.developing .types/cohabit ## Run the tests (Neo4j and Chromium are used where they are there)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 3 --dist loadfile

test-neo4j-2026: $(VENV)/.developing ## Run the store tests on Neo4j 2026 (needs a JDK of version 21 or newer)
	COHABIT_REQUIRE=neo4j COHABIT_NEO4J_VERSION=2026 $(BIN)/python -m pytest tests/conformance tests/tools

check: $(VENV)/.developing .types/cohabit ## Lint, types, documentation, and the wheel in an empty environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPYPATH=.types $(BIN)/mypy -p cohabit
	MYPYPATH=.types:tools $(BIN)/mypy --explicit-package-bases tools/*.py
	$(BIN)/python tools/docs.py --check
	$(MAKE) --no-print-directory site
	$(BIN)/python tools/wheel_smoke.py

smoke-all: $(VENV)/.developing ## Try the wheel on every supported Python that is here, and with the oldest dependencies
	$(BIN)/python tools/wheel_smoke.py --all

dist: $(VENV)/.developing ## Build wheel and sdist into dist/; their version is that of the tag
	@rm -rf dist build
	$(BIN)/python -m build --no-isolation
	@rm -rf build

image: dist ## Build the container image `cohabit` from the wheel (needs Docker or Podman)
	$(shell command -v podman || echo docker) build --file Containerfile --tag cohabit .

docs: $(VENV)/.developing ## Write the generated parts of the documentation anew
	$(BIN)/python tools/docs.py

site: $(VENV)/.developing ## Build the documentation as a website into site/ (a broken link ends the build)
	rm -rf site
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --doctree-dir .cache/doctrees -c tools/site docs site

bench: $(VENV)/.developing ## Measure loading, queries, filling a server, and each loader (takes minutes)
	$(BIN)/python tools/bench.py

neo4j: $(VENV)/.installed ## Start a Neo4j server with Browser for exploring (needs a JDK and Maven)
	$(BIN)/python tools/neo4j_server.py

clean: ## Remove what the other targets made
	rm -rf $(VENV) .types demo site build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
