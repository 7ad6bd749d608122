# make demo   set up, sample data, build, look       make test   set up, all tests
# make lint   format, lint, types                    make bench  speed and memory, into benchmarks/RESULTS.md
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
MODELS_READY := $(VENV)/models-ready

.PHONY: demo test lint bench clean

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

# torch and a model server, which only tests need
$(MODELS_READY): $(READY) tests/constraints.txt
	$(BIN)/pip install --quiet --constraint tests/constraints.txt --editable '.[dev,models]' 'transformers[serving]'
	touch $@

clean:
	rm -rf $(VENV) build demo
