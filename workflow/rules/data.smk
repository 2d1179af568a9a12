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
        code=lambda wildcards: code_digest("fetch", wildcards.dataset),
        card=card_of_dataset,
        # A function of the input is not compared with earlier runs: verified data are the same
        # wherever they came from.
        data_dir=lambda wildcards, input: str(on_disk(STUDY.data_dir)),
    shell:
        "lossbench fetch {wildcards.dataset} --data-dir {params.data_dir:q}"
        " --out {output.data:q} --manifest {output.manifest:q} > {log:q} 2>&1"


# A data set of the study's own is read again when a file comes, goes or changes.
rule own_dataset:
    output:
        data=paths.prepared("{dataset}"),
        manifest=paths.manifest("{dataset}"),
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
        code=lambda wildcards: code_digest("adopt", *built_in_source(wildcards)),
        source_digest=digest_of_source,
        reading=reading_of,
        # Not compared with earlier runs: a folder that moved is still the same.
        source=lambda wildcards, input: str(on_disk(OWN[wildcards.dataset].source)),
        data_dir=lambda wildcards, input: str(on_disk(STUDY.data_dir)),
    shell:
        "lossbench adopt {wildcards.dataset} --source {params.source:q}"
        " --reading {params.reading:q} --data-dir {params.data_dir:q}"
        " --out {output.data:q} --manifest {output.manifest:q} > {log:q} 2>&1"
