# Two commands: `make run` and `make test`. Everything else is for people who change the kit.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# The public release of 'Customs Import Declaration Datasets', if you have it.
RELEASED ?= ../shared/data/released
RELEASED_FILES = $(addprefix $(RELEASED)/df_syn_,train_eng.csv valid_eng.csv test_eng.csv)
EDITION = build/editions/released
RESULTS = baselines/results
GUIDE = data/HOW_THE_WORLD_WORKS.md
VARIANTS = baselines/studies/graphfc_variants/graphfc_variants.toml
# Models in the README's chart, and in its table.
DRAWN = lookup,logistic_regression,xgboost,lightgbm_team,graphfc_transductive,simulated_prior
SHOWN = lookup,logistic_regression,xgboost,lightgbm,lightgbm_team,tabm,xgboost_graph,mixed_effects_graph,date,graphfc,graphfc_transductive,ensemble,simulated_prior,structured_likelihood
# Outputs of the leaderboard's load benchmark.
LOAD = --save leaderboard/results/load.json --write leaderboard/README.md
# Environment with the oldest allowed versions of other packages.
OLDEST = .venv-oldest
EACH_MODEL = tests/baselines/test_models.py
OLDEST_TESTS = tests/data/test_reading.py tests/data/test_broken_declarations.py tests/data/test_edition.py \
	tests/data/synthesis tests/scorer/test_scorecard.py tests/scorer/test_broken_submissions.py \
	$(EACH_MODEL)::TestContract::test_clones_and_pickles_score_alike_and_leave_their_input_as_it_was $(EACH_MODEL)::test_models_learn \
	tests/baselines/test_date.py tests/leaderboard/test_board.py tests/leaderboard/test_pages.py \
	tests/leaderboard/service/test_api.py tests/leaderboard/publishing tests/kit/test_cli.py
# Builds of PyTorch and XGBoost: cpu, default (what pip takes), or auto (cpu where there is no NVIDIA GPU).
TORCH ?= auto
INSTALL = $(PYTHON) starter_kit/install.py $(VENV) --builds $(TORCH)
# `make results FRESH=--fresh` discards earlier results and runs everything.
FRESH ?=

.PHONY: run leaderboard test test-fast test-oldest test-slow lint format results all-results explained scarcity \
	adversary variants settings prior worlds hs6 networks scheme lite gallery guide \
	season season-pooling relbench validation fidelity privacy synthesizers reference site slides documents release benchmark \
	benchmark-season benchmark-served benchmark-national benchmark-engines benchmark-generate benchmark-cluster benchmark-leaderboard \
	benchmark-attack \
	fuzz ladder clean

run: $(VENV)/.core ## install, make the practice edition, show precision@5 % and @10 % of baselines
	$(BIN)/customs-kit baseline run
	@echo "Next: source $(VENV)/bin/activate, then customs-kit start team"

leaderboard: $(VENV)/.leaderboard ## install what a leaderboard of your own needs

$(EDITION): | $(VENV)/.core
	$(BIN)/customs-kit data import $(RELEASED_FILES) --out $@

test: $(VENV)/.dev ## install, then run the tests
	$(BIN)/python -m pytest -n auto --processor-minutes 15

test-fast: $(VENV)/.dev ## the tests of the inner loop: less than a minute
	$(BIN)/python -m pytest -n auto --durations 5 \
		-m "not (slow or training or thorough or process or browser or postgresql)"

test-oldest: $(OLDEST)/.dev ## tests with the oldest allowed versions of other packages
	$(OLDEST)/bin/python -m pytest -n auto -W default $(OLDEST_TESTS)

test-slow: $(VENV)/.dev ## the tests that take minutes
	$(BIN)/python -m pytest -n auto -m slow

lint: $(VENV)/.dev ## style, types, import contracts, deployment files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint leaderboard/deploy/Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec leaderboard/deploy/compose.yaml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

results: $(VENV)/.core $(EDITION) ## run missing results; rewrite their tables and charts (practice, public release)
	@# One model at a time, so that costs can be compared.
	$(BIN)/customs-kit baseline table $(RESULTS)/practice.toml $(FRESH) --workers 1 --threads 1 --write README.md \
		--label-rates 1 --recipe kit --models $(SHOWN)
	$(BIN)/customs-kit baseline table $(RESULTS)/practice.json --recipe kit --models $(DRAWN) \
		--curves docs/practice.svg > /dev/null
	$(BIN)/customs-kit baseline table $(RESULTS)/practice.toml --write baselines/PRACTICE.md
	$(BIN)/python -m studies.costs_table $(RESULTS)/practice.json --write baselines/MODELS.md
	$(BIN)/customs-kit baseline run --out build/runs --picture docs/run.svg
	$(BIN)/customs-kit baseline table $(RESULTS)/released.toml $(FRESH) --write baselines/RELEASED.md

all-results: $(VENV)/.core ## make all results again, for a new world or new models; goes on where it stopped
	$(BIN)/python -m studies.all_results $(FRESH)

explained: $(VENV)/.core $(EDITION) ## rewrite explanations of models (Figure 6)
	$(BIN)/customs-kit baseline explain xgboost --recipe paper,kit --declarations 2000 --anonymous \
		--edition $(EDITION) --out build/explained/released --json > $(RESULTS)/explained_released.json
	$(BIN)/customs-kit baseline explain xgboost --recipe paper,kit --declarations 2000 \
		--out build/explained/practice --json > $(RESULTS)/explained_practice.json
	cp build/explained/practice/xgboost-kit-seed0/declaration.png docs/explained.png
	$(BIN)/customs-kit baseline table $(RESULTS)/explained_released.json \
		$(RESULTS)/explained_practice.json --write baselines/EXPLAINED.md

scarcity: $(VENV)/.core ## few labels on ten worlds: run what is missing (half an hour)
	$(BIN)/customs-kit baseline table $(RESULTS)/scarcity.toml $(FRESH) --write baselines/SCARCITY.md \
		--curves docs/scarcity.svg
	for model in lightgbm_team xgboost graphfc; do $(BIN)/customs-kit baseline table $(RESULTS)/scarcity.json \
		--against $$model --write baselines/SCARCITY.md || exit 1; done

variants: $(VENV)/.core ## other convolutions, a second task and pre-training of graphfc (ten minutes)
	$(BIN)/customs-kit baseline table $(VARIANTS) --results $(RESULTS)/graphfc_variants.json $(FRESH)
	$(BIN)/customs-kit baseline table $(RESULTS)/graphfc_variants.json --against graphfc \
		--write baselines/MODELS.md

settings: $(VENV)/.core ## choose the classic models' hyper-parameters again (about half an hour)
	$(BIN)/python -m studies.settings_search --out $(RESULTS)/settings.json

scheme: $(VENV)/.core ## the task scheme on ten worlds: run what is missing (ten minutes)
	$(BIN)/python -m studies.tasks.scheme --out $(RESULTS)/scheme.json $(FRESH)
	$(BIN)/python -m studies.tasks.scheme_table $(RESULTS)/scheme.json --write baselines/SCHEME.md

adversary: $(VENV)/.core ## what a team that reads the code can do, on the ten worlds of `make scarcity`: run what is missing
	$(BIN)/python -m studies.adversary --out $(RESULTS)/adversary.json $(FRESH)
	$(BIN)/python -m studies.adversary_table $(RESULTS)/adversary.json $(RESULTS)/scarcity.json \
		--write baselines/ADVERSARY.md

hs6: $(VENV)/.core ## the task hs6 on ten worlds: run what is missing (ten minutes)
	$(BIN)/python -m studies.tasks.hs6 --out $(RESULTS)/hs6.json $(FRESH)
	$(BIN)/python -m studies.tasks.hs6_table $(RESULTS)/hs6.json --write baselines/HS6.md

lite: $(VENV)/.dev ## the scorecard beside risk_profile, on ten worlds: run what is missing (two minutes)
	$(BIN)/python -m studies.lite_study --out $(RESULTS)/lite.json --write baselines/MODELS.md $(FRESH)

gallery: $(VENV)/.core ## the pictures of docs/GALLERY.md that no other target draws
	$(BIN)/python -m studies.gallery $(RESULTS)/practice.json $(RESULTS)/season.json --out docs

networks: $(VENV)/.core ## the task networks on ten worlds: run what is missing (half an hour)
	$(BIN)/python -m studies.tasks.networks --models alone,rule,propagation,memberships,transfer,pairs \
		--out $(RESULTS)/networks.json $(FRESH)
	$(BIN)/python -m studies.tasks.networks --models graph --worlds 4 --out $(RESULTS)/networks.json
	$(BIN)/python -m studies.tasks.networks --config practice --models alone,rule,propagation \
		--out $(RESULTS)/networks_practice.json $(FRESH)
	$(BIN)/python -m studies.tasks.networks_table $(RESULTS)/networks.json --write baselines/NETWORKS.md
	$(BIN)/python -m studies.tasks.networks_table $(RESULTS)/networks_practice.json --write baselines/NETWORKS.md

prior: $(VENV)/.core ## train simulated_prior on own worlds; resumes from build/prior (about ten minutes)
	$(BIN)/python -m studies.train_prior --worlds 28 --workers 2 --keep build/prior

worlds: $(VENV)/.core ## measure the practice configuration over ten worlds: run what is missing
	$(BIN)/python -m studies.worlds --out $(RESULTS)/worlds.json $(FRESH)
	$(BIN)/python -m studies.worlds_table $(RESULTS)/worlds.json --write data/WORLD.md --write $(GUIDE)

guide: $(VENV)/.core ## rewrite figures and table of data/HOW_THE_WORLD_WORKS.md (half a minute)
	$(BIN)/python -m studies.worlds_table $(RESULTS)/worlds.json --write $(GUIDE)
	$(BIN)/python -m studies.world_guide --links $(RESULTS)/scarcity.json --out docs/world

season: $(VENV)/.core ## strategies week by week, on ten worlds of each kind: play what is missing (an hour)
	$(BIN)/python -m studies.seasons.study --keep build/seasons --out $(RESULTS)/season.json --write docs/SEASON.md

relbench: $(VENV)/.dev ## train RelBench's graph network on the practice edition (minutes)
	$(BIN)/python -m studies.relbench_gnn --out $(RESULTS)/relbench.json --write docs/STANDARDS.md

validation: $(VENV)/.core ## how well validation predicts hidden scores, on ten worlds: run what is missing
	$(BIN)/python -m studies.validation_study \
		starter_kit/customs_kit/template/my_model.py:MyModel \
		--results starter_kit/results/validation.json --write starter_kit/README.md $(FRESH)

reference: $(VENV)/.core ## rewrite the reference of commands and the practice edition's facts
	$(BIN)/python -m customs_kit.make_reference docs/CLI.md docs/PRACTICE_DATASHEET.md

site: $(VENV)/.dev ## the documentation site, into build/site, without network
	$(BIN)/python docs/site/build_site.py build/site

slides: $(VENV)/.dev ## the slides of the course, from its notebooks, into build/slides (two minutes)
	$(BIN)/python docs/course/build_slides.py build/slides --run

documents: $(VENV)/.dev ## run workspace, notebooks, course and guides from top to bottom; build the site
	$(BIN)/python -m pytest -n auto -m slow tests/kit/test_start.py tests/kit/test_guides.py \
		tests/kit/test_documents.py tests/kit/test_course.py

release: $(VENV)/.dev ## build sdist and wheel into dist/, and try the wheel in a clean environment
	rm -rf dist
	$(BIN)/python -m build --quiet
	$(BIN)/python tests/try_wheel.py dist

fidelity: $(VENV)/.core ## compare five worlds with the public release: run what is missing
	$(BIN)/python -m studies.fidelity_study $(RELEASED) \
		--out data/results/fidelity_practice.json --write data/FIDELITY.md $(FRESH)

privacy: $(VENV)/.dev ## what private profiles cost and prevent, up to 24.7 million declarations: measure what is missing (an hour, 6 GiB)
	$(BIN)/python -m studies.privacy.study --keep build/privacy --out $(RESULTS)/privacy.json --write docs/PRIVACY.md $(FRESH)

synthesizers: $(VENV)/.core ## fit and compare synthesizers on the public release: run what is missing
	$(BIN)/python -m studies.synthesizer_study $(RELEASED_FILES) \
		--out data/results/synthesizers.json --write data/SYNTHESIZERS.md

docs/leaderboard.png: $(VENV)/.dev ## the README's picture of the leaderboard (needs chromium and chromedriver)
	$(BIN)/python tests/screenshot_of_board.py $@

leaderboard/customs_leaderboard/service/static/preview.png: $(VENV)/.dev ## the picture beside links to a leaderboard
	$(BIN)/python tests/screenshot_of_board.py --preview $@

benchmark: $(VENV)/.core ## the speed claims, as ratios measured in one run
	$(BIN)/python benchmarks/help_startup.py
	$(BIN)/python benchmarks/generate_speed.py
	$(BIN)/python benchmarks/score_national.py

season-pooling: $(VENV)/.core ## what two teams gain that pool everything they learn in seasons (three minutes)
	$(BIN)/python -m studies.seasons.pooling --pairs 6

benchmark-season: $(VENV)/.core ## what seasons cost up to a million declarations, and many at once (half an hour)
	$(BIN)/python benchmarks/season_growth.py --results $(RESULTS)/season_growth.json --write docs/SEASON.md

benchmark-generate: $(VENV)/.dev ## generate up to 100 million declarations, alone, with workers and beside world 1 (an hour, 20 GiB)
	$(BIN)/python benchmarks/generate_speed.py --rows 54000,1000000,5000000,24700000 --cluster local:2 \
		--results $(RESULTS)/generate.json --write docs/SCALE.md
	$(BIN)/python benchmarks/generate_speed.py --rows 100000000 --skip-alone --without-world-1 \
		--results $(RESULTS)/generate.json --write docs/SCALE.md

benchmark-national: $(VENV)/.core ## make, read, learn from and score 24.7 million declarations (two hours, 14 GiB)
	$(BIN)/python benchmarks/national_commands.py
	$(BIN)/python benchmarks/train_national.py
	$(BIN)/python benchmarks/score_national.py --rows 24700000

benchmark-engines: $(VENV)/.dev ## the kit's features beside Polars and DuckDB, on a million declarations
	$(BIN)/python benchmarks/engines.py --results $(RESULTS)/engines.json --write docs/SCALE.md

benchmark-cluster: $(VENV)/.dev ## xgboost trained by two workers and by one process: score, CPU and memory (ROWS=24700000)
	$(BIN)/python benchmarks/cluster.py --rows $(or $(ROWS),1000000) --results $(RESULTS)/cluster.json \
		--write docs/SCALE.md

benchmark-leaderboard: $(VENV)/.dev ## 200 teams at once, on SQLite and, with DATABASE_URL, on PostgreSQL
	$(BIN)/python benchmarks/worst_files.py
	$(BIN)/python benchmarks/leaderboard_load.py $(LOAD)
	test -z "$(DATABASE_URL)" || \
		$(BIN)/python benchmarks/leaderboard_load.py $(LOAD) --database-url "$(DATABASE_URL)"

benchmark-served: $(VENV)/.dev ## 50 teams play a season each at once, while the server is killed ten times
	$(BIN)/python benchmarks/season_load.py --save leaderboard/results/season_load.json --write leaderboard/README.md

fuzz: $(VENV)/.dev ## generated requests to the leaderboard, ten minutes each without and with tokens
	$(BIN)/python benchmarks/leaderboard_fuzz.py

benchmark-attack: $(VENV)/.dev ## the same load under attack (ten minutes)
	$(BIN)/python benchmarks/leaderboard_attack.py --save leaderboard/results/attack.json --write leaderboard/README.md

ladder: $(VENV)/.core ## attacks on the Ladder: results, tables and picture (ten minutes)
	$(BIN)/python benchmarks/ladder_attacks.py --json leaderboard/results/ladder_attacks.json \
		--write leaderboard/LADDER.md --out docs/ladder_attacks.svg

clean: ## remove what was built
	rm -rf $(VENV) $(OLDEST) build dist runs

$(VENV)/.core: pyproject.toml constraints.txt
	@$(INSTALL)
	@touch $@

$(VENV)/.leaderboard $(VENV)/.dev: $(VENV)/.core
	@$(INSTALL) --extras $(subst .,,$(@F))
	@touch $@

$(OLDEST)/.dev: pyproject.toml constraints.txt tests/oldest_versions.py
	$(PYTHON) -m venv $(OLDEST)
	$(PYTHON) tests/oldest_versions.py > $(OLDEST)/oldest.txt
	$(OLDEST)/bin/python -m pip install --quiet --constraint $(OLDEST)/oldest.txt \
		--editable '.[leaderboard]' hypothesis pytest pytest-xdist selenium
	touch $@
