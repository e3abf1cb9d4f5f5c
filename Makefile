# Cadran. `make demo` plays the product, `make test` checks everything; both fetch what they need.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
JOBS ?= 2

.PHONY: setup demo test semantic check format bench translations lock clean injection contract walk

setup: var/.ready  ## virtual environment, locked dependencies, compiled translations

var/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Cadran needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p var && touch $@

# Stripe's description of its API, for tests/payments/honesty: data, so without what the package would like to import.
SCHEMA := tests/payments/honesty/schema.lock

var/.ready-dev: requirements-dev.lock pyproject.toml package-lock.json $(SCHEMA)
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --only-binary :all: -r $(SCHEMA)
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@command -v npm >/dev/null || { echo "make test needs npm (Node 20 or newer) for axe-core and html-validate"; exit 1; }
	npm ci --silent --ignore-scripts
	@mkdir -p var && touch var/.ready $@

compiled: var/.ready
	@$(BIN)/python -m marketplace.translations.catalogue compile
.PHONY: compiled

demo: setup compiled  ## the whole product on this machine: PORT=8000, FRESH=1 to begin anew
	@exec $(BIN)/cadran demo --port $(PORT) $(if $(FRESH),--fresh)

test: setup var/.ready-dev compiled check  ## everything, including the browser journey
	$(BIN)/python -m tests.house.chromium
	$(BIN)/python -m tests.house.postgres
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not living and not semantic" --cov --cov-report=
	$(BIN)/python -m pytest -m living --cov --cov-append --cov-report=
	$(BIN)/python -m tests.house.coverage_floor

semantic: setup var/.ready-dev compiled  ## the optional sentence model: installs its lock, runs its tests
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements-semantic.lock
	$(BIN)/python -m pytest -m semantic

check: setup var/.ready-dev compiled  ## format, lint, types, imports, translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m marketplace.translations.catalogue check

format: var/.ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup var/.ready-dev compiled  ## requests per second and latencies, printed as a report
	$(BIN)/python -m tests.bench

walk: setup var/.ready-dev compiled  ## every page in a real browser, axe at both widths: see tests/browser/walk.py
	$(BIN)/python -m tests.house.chromium
	CADRAN_WALK=full $(BIN)/python -m pytest tests/browser/test_every_page.py

# sqlmap is run, never imported: it stays out of the virtual environment.
var/sqlmap: tests/api/sqlmap.lock
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --only-binary :all: --upgrade --target $@ -r $<
	@touch $@

injection: setup var/.ready-dev compiled var/sqlmap  ## sqlmap on every parameter of the API and the pages: half an hour
	$(BIN)/python -m tests.api.injection

contract: setup var/.ready-dev compiled  ## schemathesis, all checks, 200 examples an operation, as each role
	$(BIN)/python -m tests.api.contract

translations: var/.ready-dev  ## collect new words from code and templates into the catalogues
	$(BIN)/python -m marketplace.translations.catalogue update

lock:  ## resolve pyproject.toml anew, with hashes and without the address of any index
	$(BIN)/python -m pip install --quiet uv
	echo setuptools | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml - -o requirements.lock
	echo setuptools | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --extra dev --constraint requirements.lock pyproject.toml - -o requirements-dev.lock
	echo setuptools | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --extra semantic --constraint requirements.lock pyproject.toml - -o requirements-semantic.lock

clean:
	rm -rf .venv node_modules var .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
