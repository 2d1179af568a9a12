#!/usr/bin/env bash
# Snakemake runs this in the environment that it made of environment.yml (--sdm conda), from the project's root: the
# rules call the lossbench command, which must be that environment's.
set -euo pipefail
python -m pip install --no-deps --editable .
