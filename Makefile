# Two commands: `make run` and `make test`. Everything else is for people who change the kit.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# The public release of 'Customs Import Declaration Datasets', if it lies here.
RELEASED ?= ../shared/data/released
RELEASED_FILES = $(addprefix $(RELEASED)/df_syn_,train_eng.csv valid_eng.csv test_eng.csv)
EDITION = build/editions/released

.PHONY: run test test-slow lint format benchmark clean

run: $(VENV)/.core ## install, then train the baselines and show precision@5 % and @10 %
ifneq ($(wildcard $(RELEASED)/df_syn_train_eng.csv),)
	@test -d $(EDITION) || $(BIN)/customs-kit data import $(RELEASED_FILES) --out $(EDITION)
	$(BIN)/customs-kit baseline run --edition $(EDITION)
else
	$(BIN)/customs-kit baseline run
endif

test: $(VENV)/.dev ## install, then run the tests
	$(BIN)/python -m pytest -n auto

test-slow: $(VENV)/.dev ## the tests that take minutes
	$(BIN)/python -m pytest -n auto -m slow

lint: $(VENV)/.dev ## style, types and the floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: $(VENV)/.core ## the speed claims, as ratios measured in one run
	$(BIN)/python benchmarks/help_startup.py

clean: ## remove what was built
	rm -rf $(VENV) build dist runs

$(VENV)/.core: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.core
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
