rule study:
    output:
        PATHS.study,
    log:
        PATHS.root / "logs/study.log",
    priority: BEFORE_TRAINING
    conda:
        "../../environment.yml"
    params:
        # As plain text, a title's braces would be taken for wildcards. How often a job saves its
        # state changes no result.
        study=lambda wildcards: STUDY.model_dump_json(
            exclude={"compute": {"checkpoint_s"}}, ensure_ascii=True
        ),
    shell:
        "printf '%s\\n' {params.study:q} > {output:q} 2> {log:q}"


# One job a data set: parallel downloads would corrupt each other, and training only reads.
rule dataset:
    output:
        data=paths.prepared("{dataset}"),
        manifest=paths.manifest("{dataset}"),
        key=key_file("{dataset}"),
    log:
        "results/datasets/logs/{dataset}.log",
    benchmark:
        "results/datasets/benchmarks/{dataset}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    params:
        key=lambda wildcards: key_of(wildcards.dataset),
        # A function of the input is not compared with earlier runs: verified data are the same
        # wherever they came from.
        data_dir=lambda wildcards, input: str(on_disk(STUDY.data_dir)),
    shell:
        "lossbench fetch {wildcards.dataset} --data-dir {params.data_dir:q}"
        " --out {output.data:q} --manifest {output.manifest:q} > {log:q} 2>&1"
        " && echo {params.key} > {output.key:q}"


# A data set of the study's own is read again when a file comes, goes or changes.
rule own_dataset:
    output:
        data=paths.prepared("{dataset}"),
        manifest=paths.manifest("{dataset}"),
        key=key_file("{dataset}"),
    log:
        "results/datasets/logs/{dataset}.log",
    benchmark:
        "results/datasets/benchmarks/{dataset}.tsv"
    wildcard_constraints:
        dataset="|".join(OWN) or "-",
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    params:
        key=lambda wildcards: key_of(wildcards.dataset),
        reading=lambda wildcards: reading_of(wildcards.dataset),
        # Not compared with earlier runs: a folder that moved is still the same.
        source=lambda wildcards, input: str(on_disk(OWN[wildcards.dataset].source)),
        data_dir=lambda wildcards, input: str(on_disk(STUDY.data_dir)),
    shell:
        "lossbench adopt {wildcards.dataset} --source {params.source:q}"
        " --reading {params.reading:q} --data-dir {params.data_dir:q}"
        " --out {output.data:q} --manifest {output.manifest:q} > {log:q} 2>&1"
        " && echo {params.key} > {output.key:q}"


# Snakemake compares keys with its records of the last run. Where results came without these, the
# key beside the data tells.
for name in USED:
    if is_stale(name):
        sys.exit(
            f"lossbench: {paths.prepared(name)}: was made of other data or by other code, and"
            " Snakemake has no record of it; delete it, and it is made again"
        )
