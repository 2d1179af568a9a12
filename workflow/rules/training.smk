rule tune:
    input:
        # The manifest's digests decide; a touched archive of hundreds of megabytes does not.
        data=ancient(paths.prepared("{dataset}")),
        manifest=paths.manifest("{dataset}"),
    output:
        job_files("tuning"),
    log:
        PATHS.root / "logs/tuning" / f"{CELL}.log",
    benchmark:
        PATHS.root / "benchmarks/tuning" / f"{CELL}.tsv"
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS_PER_JOB,
        mem_mb=3000,
    params:
        job=job_of("tuning"),
        compute=COMPUTE,
        # A function of the input is not compared with earlier runs.
        checkpoint_s=lambda wildcards, input: STUDY.compute.checkpoint_s,
        folder=lambda wildcards, output: Path(output[0]).parent,
        code=code_digest("training.fit"),
    shell:
        "lossbench train --job {params.job:q} --compute {params.compute:q}"
        " --checkpoint-s {params.checkpoint_s} --data {input.data:q} --out {params.folder:q}"
        " > {log:q} 2>&1"


rule probe:
    input:
        study=PATHS.study,
        images=[ancient(paths.prepared(dataset)) for dataset in USED],
        manifests=[paths.manifest(dataset) for dataset in USED],
    output:
        PATHS.table("last_layer"),
    log:
        PATHS.root / "logs/probe.log",
    benchmark:
        PATHS.root / "benchmarks/probe.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_digest("training.last_layer"),
    shell:
        "lossbench probe --study {input.study:q} > {log:q} 2>&1"


rule choose:
    input:
        lambda wildcards: tuning_tables(
            wildcards.dataset, wildcards.model, [wildcards.loss]
        ),
    output:
        PATHS.choice("{dataset}", "{model}", "{loss}"),
    log:
        PATHS.root / "logs/choose/{dataset}/{model}/{loss}.log",
    benchmark:
        PATHS.root / "benchmarks/choose/{dataset}/{model}/{loss}.tsv"
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    params:
        grid=grid_of,
        folders=lambda wildcards, input: folders_of(input),
        code=code_digest("analysis.selection"),
    shell:
        "lossbench choose --grid {params.grid:q} --out {output:q} {params.folders:q}"
        " > {log:q} 2>&1"


rule declare:
    input:
        tables=lambda wildcards: tuning_tables(
            wildcards.dataset, wildcards.model, primary_pair(wildcards)
        ),
        choices=lambda wildcards: [
            PATHS.choice(wildcards.dataset, wildcards.model, loss)
            for loss in primary_pair(wildcards)
        ],
    output:
        PATHS.targets("{dataset}", "{model}"),
    log:
        PATHS.root / "logs/declare/{dataset}/{model}.log",
    benchmark:
        PATHS.root / "benchmarks/declare/{dataset}/{model}.tsv"
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    params:
        folders=lambda wildcards, input: folders_of(input.tables),
        choices=lambda wildcards, input: [f"--choices={path}" for path in input.choices],
        code=code_digest("analysis.selection"),
    shell:
        "lossbench declare {params.choices:q} --out {output:q} {params.folders:q} > {log:q} 2>&1"


rule train:
    input:
        # The manifest's digests decide; a touched archive of hundreds of megabytes does not.
        data=ancient(paths.prepared("{dataset}")),
        manifest=paths.manifest("{dataset}"),
        choice=PATHS.choice("{dataset}", "{model}", "{loss}"),
        # Targets stand before any evaluation run starts; a run's numbers do not depend on them.
        targets=ancient(PATHS.targets("{dataset}", "{model}")),
    output:
        job_files("evaluation"),
    log:
        PATHS.root / "logs/evaluation" / f"{CELL}.log",
    benchmark:
        PATHS.root / "benchmarks/evaluation" / f"{CELL}.tsv"
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS_PER_JOB,
        mem_mb=3000,
    params:
        job=job_of("evaluation"),
        compute=COMPUTE,
        # A function of the input is not compared with earlier runs.
        checkpoint_s=lambda wildcards, input: STUDY.compute.checkpoint_s,
        folder=lambda wildcards, output: Path(output[0]).parent,
        code=code_digest("training.fit"),
    shell:
        "lossbench train --job {params.job:q} --compute {params.compute:q} --choice {input.choice:q}"
        " --checkpoint-s {params.checkpoint_s} --data {input.data:q} --out {params.folder:q}"
        " > {log:q} 2>&1"
