rule theory:
    output:
        THEORY,
    log:
        PATHS.root / "logs/theory.log",
    benchmark:
        PATHS.root / "benchmarks/theory.tsv"
    conda:
        "../../environment.yml"
    params:
        settings=STUDY.theory.model_dump_json(),
        folder=lambda wildcards, output: Path(output[0]).parent,
        code=code_digest("derive"),
    shell:
        "lossbench derive --settings {params.settings:q} --out {params.folder:q} > {log:q} 2>&1"
