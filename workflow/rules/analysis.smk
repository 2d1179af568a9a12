# One job for all tables: its start takes longer than reading most of them.
rule collect:
    input:
        study=PATHS.study,
        parts=[part for table in paths.COLLECTED for part in PATHS.parts(STUDY, table)],
    output:
        [PATHS.table(table) for table in paths.COLLECTED],
    log:
        PATHS.root / "logs/collect.log",
    benchmark:
        PATHS.root / "benchmarks/collect.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_digest("tables.study"),
    shell:
        "lossbench collect --study {input.study:q} > {log:q} 2>&1"


rule evaluate:
    input:
        study=PATHS.study,
        tables=[PATHS.table(name) for name in ("predictions", "runs", "history")],
        images=[ancient(paths.prepared(dataset)) for dataset in USED],
        manifests=[paths.manifest(dataset) for dataset in USED],
    output:
        [
            PATHS.table(name)
            for name in ("metrics", "confusion", "reliability", "gallery")
        ],
    log:
        PATHS.root / "logs/evaluate.log",
    benchmark:
        PATHS.root / "benchmarks/evaluate.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_digest("analysis.metrics", "analysis.gallery"),
    shell:
        "lossbench evaluate --study {input.study:q} > {log:q} 2>&1"


rule contrast:
    input:
        study=PATHS.study,
        tables=[
            PATHS.table(name)
            for name in (
                "metrics",
                "history",
                "runs",
                "targets",
                "choices",
                "geometry",
            )
        ],
    output:
        [
            PATHS.table(name)
            for name in ("times_to_target", "kaplan_meier", "survival", "contrasts")
        ],
    log:
        PATHS.root / "logs/contrast.log",
    benchmark:
        PATHS.root / "benchmarks/contrast.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_digest("stats.derived"),
    shell:
        "lossbench contrast --study {input.study:q} > {log:q} 2>&1"


rule judge:
    input:
        study=PATHS.study,
        tables=[PATHS.table(name) for name in ("contrasts", "metrics")],
        theory=[PATHS.theory(name) for name in theory.THEORY_TABLES],
    output:
        PATHS.table("claims"),
    log:
        PATHS.root / "logs/judge.log",
    benchmark:
        PATHS.root / "benchmarks/judge.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_digest("claims.all_claims"),
    shell:
        "lossbench judge --study {input.study:q} > {log:q} 2>&1"
