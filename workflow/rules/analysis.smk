# One job for all tables: its start takes longer than reading most of them.
rule tables:
    input:
        groups=[PATHS.group(group) for group in GROUPS.values()],
        choices=paths.choices(PATHS, STUDY),
        levels=paths.levels(PATHS, STUDY),
        # It precedes all training. Behind a job that runs Snakemake compares no parameters, so
        # where it runs all of the analysis runs as well.
        own=OWN_CODE,
    output:
        [PATHS.table(table) for table in paths.COLLECTED],
    log:
        PATHS.root / "logs/tables.log",
    benchmark:
        PATHS.root / "benchmarks/tables.tsv"
    conda:
        "../../environment.yml"
    params:
        study=study_json,
        folder=study_folder,
        slice=slice_of("collect"),
        code=code_digest("collect"),
    shell:
        "lossbench collect --study {params.study:q} --folder {params.folder:q} > {log:q} 2>&1"


rule metrics:
    input:
        tables=[PATHS.table(name) for name in ("predictions", "runs", "history")],
        images=[ancient(paths.prepared(dataset)) for dataset in USED],
        manifests=[paths.manifest(dataset) for dataset in USED],
    output:
        [
            PATHS.table(name)
            for name in (
                "class_names",
                "metrics",
                "class_errors",
                "confusion",
                "reliability",
                "gallery",
                "mean_squares",
            )
        ],
    log:
        PATHS.root / "logs/metrics.log",
    benchmark:
        PATHS.root / "benchmarks/metrics.tsv"
    conda:
        "../../environment.yml"
    params:
        folder=study_folder,
        code=code_digest("evaluate"),
    shell:
        "lossbench evaluate --folder {params.folder:q} > {log:q} 2>&1"


rule contrasts:
    input:
        tables=[
            PATHS.table(name)
            for name in (
                "metrics",
                "history",
                "runs",
                "levels",
                "choices",
                "geometry",
                "mean_squares",
            )
        ],
        repetition=REPETITION,
    output:
        [
            PATHS.table(name)
            for name in (
                "steps_to_level",
                "level_ratios",
                "contrasts",
                "repetition",
                "together",
            )
        ],
    log:
        PATHS.root / "logs/contrasts.log",
    benchmark:
        PATHS.root / "benchmarks/contrasts.tsv"
    conda:
        "../../environment.yml"
    params:
        study=study_json,
        folder=study_folder,
        slice=slice_of("contrast"),
        # Functions of the input are not compared with earlier runs; the input itself is.
        repetition=lambda wildcards, input: [
            f"--repetition={Path(path).parents[1]}" for path in input.repetition[:1]
        ],
        code=code_digest("contrast"),
    shell:
        "lossbench contrast --study {params.study:q} --folder {params.folder:q}"
        " {params.repetition:q} > {log:q} 2>&1"


rule claims:
    input:
        tables=[PATHS.table(name) for name in ("contrasts", "metrics")],
        theory=THEORY,
    output:
        PATHS.table("claims"),
    log:
        PATHS.root / "logs/claims.log",
    benchmark:
        PATHS.root / "benchmarks/claims.tsv"
    conda:
        "../../environment.yml"
    params:
        study=study_json,
        folder=study_folder,
        slice=slice_of("judge"),
        cards=cards_for("judge"),
        code=code_digest("judge"),
    shell:
        "lossbench judge --study {params.study:q} --folder {params.folder:q} > {log:q} 2>&1"
