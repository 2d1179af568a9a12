rule record:
    output:
        PATHS.study,
    log:
        PATHS.root / "logs/record.log",
    conda:
        "../../environment.yml"
    params:
        study=STUDY.model_dump_json(),
    shell:
        "printf '%s\\n' {params.study:q} > {output:q} 2> {log:q}"


# One job a data set: parallel downloads would corrupt each other, and training only reads.
rule fetch:
    output:
        data=paths.prepared("{dataset}"),
        manifest=paths.manifest("{dataset}"),
    log:
        "results/datasets/logs/{dataset}.log",
    benchmark:
        "results/datasets/benchmarks/{dataset}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_digest("datasets.catalogue"),
    shell:
        "lossbench fetch {wildcards.dataset} --data-dir {DATA_DIR:q}"
        " --out {output.data:q} --manifest {output.manifest:q} > {log:q} 2>&1"
