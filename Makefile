# The project's commands; `make help` lists them. All of them install what they need into .venv.
BIN := .venv/bin
UV_INSTALL := tools/uv.sh pip install --python $(BIN)/python --compile-bytecode
COMPILE := $(BIN)/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help serve test check fuzz torture bench tools lock
# Another environment's settings must not leak into ours.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' $(MAKEFILE_LIST)

serve: .venv/runtime.stamp ## Start the registry on http://localhost:5000 (data in ./data)
	@if [ -z "$$ENTREPOT_DATA_DIR" ] && ! grep -qs '^ *data_dir' "$${ENTREPOT_CONFIG:-entrepot.toml}"; then \
	  export ENTREPOT_DATA_DIR='$(CURDIR)/data'; fi; exec $(BIN)/entrepot serve

test: .venv/dev.stamp tools ## Run every test in parallel (ARGS="-k name" for some)
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

check: .venv/dev.stamp ## Lint, format, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: .venv/dev.stamp ## Feed the parsers for some minutes (a short run is part of make test)
	@ENTREPOT_FUZZ_EXAMPLES=30000 $(BIN)/python -m pytest -n auto --timeout 3600 tests/fuzz $(ARGS)

torture: .venv/dev.stamp tools ## Strike with every fault at every point (an hour), then write docs/durability.md
	@$(BIN)/python tools/torture.py $(ARGS)

bench: .venv/dev.stamp tools ## Measure beside docker-registry and nginx, half an hour (WHAT=pull for a part)
	@$(BIN)/python -m bench $(WHAT) $(ARGS)

tools: ## Install the clients that the tests use (root on Debian; elsewhere: say what is missing)
	@tools/install_tools.sh
	@tools/newer_tools.sh

lock: .venv/bootstrap.stamp ## Choose new versions of everything (ARGS="--upgrade"), written to requirements/*.txt
	$(COMPILE) $(ARGS) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(COMPILE) $(ARGS) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) $(ARGS) pyproject.toml --all-extras --group dev -c requirements/runtime.txt -o requirements/dev.txt

.venv/bin/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  if $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec $$python -m venv .venv; fi; done; \
	echo 'make: Python 3.11 or newer with venv is needed (Debian: apt install python3-venv)' >&2; exit 2

.venv/bootstrap.stamp: requirements/bootstrap.txt | .venv/bin/python
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

.venv/runtime.stamp: .venv/bootstrap.stamp requirements/runtime.txt pyproject.toml
	$(UV_INSTALL) --require-hashes -r requirements/runtime.txt
	$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements/dev.txt
	$(UV_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@
