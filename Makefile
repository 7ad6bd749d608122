# make demo   set up, sample data, build, look       make test   set up, all tests
# make lint   format, lint, types                    make bench  speed and memory, into benchmarks/RESULTS.md
# make verify-exports   trainers' own code reads and trains on exports, each in its own environment (gigabytes)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
MODELS_READY := $(VENV)/models-ready

.PHONY: demo test lint bench verify-exports clean

demo: $(READY)
	$(BIN)/vlit-hub sample demo/data --images 200 --force
	$(BIN)/vlit-hub build coco_aa --data-dir demo/data --out demo/coco_aa
	$(BIN)/vlit-hub show coco_aa -n 3
	$(BIN)/vlit-hub build coco_prog --data-dir demo/data --out demo/coco_prog
	$(BIN)/vlit-hub show coco_prog -n 2
	$(BIN)/vlit-hub score coco_aa
	$(BIN)/vlit-hub card demo/coco_aa
	HF_HUB_OFFLINE=1 $(BIN)/python -c 'from datasets import load_dataset; print(load_dataset("vlit_hub/coco_aa"))'

test: $(MODELS_READY)
	$(BIN)/pytest -n 2

lint: $(READY) types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	cd build/types && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml -p vlit_hub

bench: $(READY)
	$(BIN)/python benchmarks/build.py
	$(BIN)/python benchmarks/embed.py

# builders/, plugins/ and cards/ are installed below vlit_hub; mypy reads them there through links
.PHONY: types
types:
	rm -rf build/types && mkdir -p build/types/vlit_hub
	ln -s $(addprefix $(CURDIR)/,$(wildcard vlit_hub/*) builders plugins cards) build/types/vlit_hub/

$(READY): pyproject.toml
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

# torch, a model server and a trainer, which only tests need
$(MODELS_READY): $(READY) tests/constraints.txt
	$(BIN)/pip install --quiet --constraint tests/constraints.txt --editable '.[dev,models]' 'transformers[serving]' trl
	touch $@

# What export is for, for real: each trainer in an environment of its own, since what they need conflicts.
CONSUMERS := .venv-consumers
verify-exports: $(READY) $(patsubst %,$(CONSUMERS)/%/ready,datasets trl llamafactory swift)
	VERIFY_EXPORTS=1 $(BIN)/pytest tests/consumers

$(CONSUMERS)/%/ready: tests/consumers/%.txt
	rm -rf $(@D) && python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --requirement $<
	if test -f tests/consumers/$*-alone.txt; then $(@D)/bin/pip install --quiet --no-deps --requirement tests/consumers/$*-alone.txt; fi
	touch $@

clean:
	rm -rf $(VENV) $(CONSUMERS) build demo
