# Two commands: `make run` and `make test`. Everything else is for people who change the kit.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# The public release of 'Customs Import Declaration Datasets', if it lies here.
RELEASED ?= ../shared/data/released
RELEASED_FILES = $(addprefix $(RELEASED)/df_syn_,train_eng.csv valid_eng.csv test_eng.csv)
EDITION = build/editions/released

.PHONY: run test test-slow lint format results worlds benchmark clean

run: $(VENV)/.core ## install, make the practice edition, show precision@5 % and @10 % of baselines
	$(BIN)/customs-kit baseline run

$(EDITION): | $(VENV)/.core
	$(BIN)/customs-kit data import $(RELEASED_FILES) --out $@

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

results: $(VENV)/.core $(EDITION) ## rewrite results, tables and picture: practice and public release
	$(BIN)/customs-kit baseline run random lookup risk_profile logistic_regression xgboost lightgbm \
		xgboost_graph --recipe paper,kit --label-rates 1,0.1,0.02 --seeds 0,1,2 --out build/runs --json \
		> baselines/results/practice.json
	$(BIN)/customs-kit baseline run simulator_transfer --out build/runs --json \
		> baselines/results/practice_transfer.json
	$(BIN)/customs-kit baseline table baselines/results/practice.json \
		baselines/results/practice_transfer.json --write README.md
	$(BIN)/customs-kit baseline run --out build/runs --picture docs/run.svg
	$(BIN)/customs-kit baseline run random lookup risk_profile logistic_regression xgboost lightgbm \
		--recipe paper,kit --seeds 0,1,2,3,4 --edition $(EDITION) --out build/runs --json \
		> baselines/results/released.json
	$(BIN)/customs-kit baseline table baselines/results/released.json --write baselines/RELEASED.md

worlds: $(VENV)/.core ## measure the practice configuration over ten worlds (about ten minutes)
	$(BIN)/customs-kit baseline worlds --out baselines/results/worlds.json
	$(BIN)/customs-kit baseline table baselines/results/worlds.json --write data/WORLD.md

benchmark: $(VENV)/.core ## the speed claims, as ratios measured in one run
	$(BIN)/python benchmarks/help_startup.py
	$(BIN)/python benchmarks/generate_speed.py

clean: ## remove what was built
	rm -rf $(VENV) build dist runs

$(VENV)/.core: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.core
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
