# One line a target; `make help` lists them. Everything runs inside .venv, which is made on demand.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
DATA_DIR ?= data
PYTHON_VERSION ?= 3.12
WITHOUT ?= torch
SAMPLE ?= 300
SEED ?= 0
export OMP_NUM_THREADS ?= 1
# Snakemake fails without these, as for a user of a container who has no name.
export HOME ?= $(CURDIR)/build
export USER ?= lossbench
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo study test test-slow test-faults test-slurm test-browser mutants gpu bundle bench bench-accuracy bench-quick check format graph publish schema lock clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# Where `make bundle` left wheels, these are all there is; packages beyond them are this Python's own.
WHEELS := $(wildcard wheels)
PACKAGES := import sys; print(*(path for path in sys.path if path.endswith("-packages")), sep="\n")
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	$(if $(WHEELS),--no-index --find-links wheels --no-deps)

$(READY): requirements.lock requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "lossbench needs Python 3.11 or newer; $(PYTHON) is %d.%d" % v[:2])'
	$(if $(WHEELS),$(PYTHON) -c '$(PACKAGES)' > machine.pth)
	$(PYTHON) -m venv .venv
	$(INSTALL) -r requirements.lock -r requirements-dev.lock
	$(if $(WHEELS),mv machine.pth $$(echo .venv/lib/python*/site-packages))
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $(READY)

demo: $(READY)  ## the miniature study, no download, to report/miniature.html
	snakemake --cores all --configfile config/miniature.yaml
	@echo "Open report/miniature.html"

study: $(READY)  ## the default study: downloads MNIST and CIFAR-10, hours
	snakemake --cores all

test: $(READY)  ## the fast tests
	pytest -q -n auto --dist worksteal

test-slow: $(READY)  ## whole pipelines and simulations, the longest first
	pytest -q -m slow -n 3 --dist loadfile --no-loadscope-reorder --durations=15

test-slurm: $(READY)  ## a study through a real Slurm, installed from Debian's packages (root)
	pytest -q -m slurm tests/test_slurm.py

test-faults: $(READY)  ## kills, full disks, damaged files, hostile names; mounts need root
	pytest -q -m "" -n 2 --dist loadfile tests/test_faults.py tests/test_faults_pipeline.py

test-browser: $(READY)  ## the page in headless Chromium
	test -d node_modules/axe-core || npm ci --no-audit --no-fund
	pytest -q -m browser -n auto tests/test_browser.py tests/test_svg_renderers.py

mutants: $(READY)  ## faults planted one at a time: which do the fast tests miss? SAMPLE=300 SEED=0
	python -m tools.mutants --sample $(SAMPLE) --seed $(SEED)

# Small networks leave room for several jobs on one GPU.
ON_GPU := snakemake --cores all --resources gpu=4
gpu: $(READY)  ## on a GPU: its tests, its speed, MNIST there and on the CPU, the miniature; DATA_DIR=data
	python -m pytest -q -n 8 -m gpu tests/test_gpu.py
	python -m benchmarks gpu
	$(ON_GPU) --configfile benchmarks/mnist.yaml --config name=mnist-gpu data_dir=$(DATA_DIR) -- claims
	$(ON_GPU) --configfile benchmarks/mnist.yaml --config name=mnist-cpu data_dir=$(DATA_DIR) \
		"compute={accelerator: cpu}" -- claims
	lossbench compare results/mnist-gpu results/mnist-cpu --out build/gpu-and-cpu.md
	$(ON_GPU) --configfile config/miniature.yaml

bundle: $(READY)  ## project, wheels and data in one archive, for a machine without a network; PYTHON_VERSION, WITHOUT
	python -m tools.bundle --python $(PYTHON_VERSION) --without "$(WITHOUT)" $(foreach folder,$(wildcard $(DATA_DIR)/*),--data $(folder))

bench: $(READY)  ## speed and pipeline against their goals, to docs/performance.md; DATA_DIR=data
	python -m benchmarks run --data-dir $(DATA_DIR)

bench-accuracy: $(READY)  ## the error that a core's time buys; needs the data in DATA_DIR
	python -m benchmarks accuracy --data-dir $(DATA_DIR)

bench-quick: $(READY)  ## a glance at the speed against a bare loop, half a minute
	python -m benchmarks quick

check: $(READY)  ## style, types, Snakemake lint, schema
	ruff check
	ruff format --check
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint --configfile config/miniature.yaml
	lossbench schema --out build/study.schema.json && diff build/study.schema.json config/study.schema.json

format: $(READY)  ## rewrite code and rules in the project's style
	ruff check --fix
	ruff format
	snakefmt Snakefile workflow

graph: $(READY)  ## redraw the rule graph in docs/architecture.md
	snakemake --rulegraph --configfile config/miniature.yaml | python -m tools.rule_graph docs/architecture.md

publish: $(READY)  ## copy the default study's page and tables to docs/published, its answer to the README
	python -m tools.publish results/mnist-cifar10

schema: $(READY)  ## rewrite the study file's JSON schema from the models
	lossbench schema --out config/study.schema.json

lock:  ## pin what a fresh installation resolves to now
	$(PYTHON) -m venv build/all && $(PYTHON) -m venv build/lean
	build/all/bin/python -m pip install --quiet torch==2.13.0 '.[slurm,kubernetes,dev]' setuptools
	build/all/bin/python -m pip freeze --all --exclude lossbench --exclude pip | sed 's/+cpu//' > build/all.lock
	build/lean/bin/python -m pip install --quiet --constraint build/all.lock torch '.[slurm]' setuptools
	build/lean/bin/python -m pip freeze --all --exclude lossbench --exclude pip | sed 's/+cpu//' > requirements.lock
	grep -vxFf requirements.lock build/all.lock > requirements-dev.lock

clean:  ## delete results, reports and the environment
	rm -rf .venv build
	find results/ report/ -mindepth 1 ! -path results/README.md ! -path report/README.md -delete
