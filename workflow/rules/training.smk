# What cannot be trained ends here, in one line. Only studies with own code have this job.
rule own_code:
    input:
        manifests=[paths.manifest(dataset) for dataset in USED],
    output:
        PATHS.own_code,
    log:
        PATHS.root / "logs/own_code.log",
    benchmark:
        PATHS.root / "benchmarks/own_code.tsv"
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    params:
        study=study_json,
        folder=study_folder,
        slice=slice_of("vet"),
        code=code_digest("vet"),
    shell:
        "lossbench vet --study {params.study:q} --folder {params.folder:q} > {log:q} 2>&1"


rule tuning_runs:
    input:
        # Changed data are noticed by the manifest's digests, not by the date of the data's file.
        data=ancient(paths.prepared("{dataset}")),
        manifest=paths.manifest("{dataset}"),
        own=ancient(OWN_CODE),
    output:
        directory(PATHS.root / "runs/tuning" / PART),
    log:
        PATHS.root / "logs/tuning" / f"{PART}.log",
    benchmark:
        PATHS.root / "benchmarks/tuning" / f"{PART}.tsv"
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS_PER_JOB,
        mem_mb=3000,
    params:
        group=group_of("tuning"),
        machine=machine_of("tuning_runs"),
        code=code_digest("work"),
        # Functions of input or output are not compared with earlier runs.
        choices=lambda wildcards, input: [
            f"--choice={path}" for path in input.get("choices", ())
        ],
        compute=lambda wildcards, input: COMPUTE_JSON,
        own=own_sources("tuning"),
        name=STUDY.name,
    shell:
        "lossbench work --group {params.group:q} --compute {params.compute:q} --own {params.own:q}"
        " {params.choices:q}"
        " --data {input.data:q} --study {params.name} --out {output:q} > {log:q} 2>&1"


rule last_layer:
    input:
        images=[ancient(paths.prepared(dataset)) for dataset in USED],
        manifests=[paths.manifest(dataset) for dataset in USED],
        own=OWN_CODE,
    output:
        PATHS.table("last_layer"),
    log:
        PATHS.root / "logs/last_layer.log",
    benchmark:
        PATHS.root / "benchmarks/last_layer.tsv"
    conda:
        "../../environment.yml"
    params:
        study=study_json,
        folder=study_folder,
        slice=slice_of("probe"),
        code=code_digest("probe", *NETWORKS, "linear"),
    shell:
        "lossbench probe --study {params.study:q} --folder {params.folder:q} > {log:q} 2>&1"


rule choices:
    input:
        lambda wildcards: tuning_jobs(comparison_of(wildcards), [wildcards.loss]),
    output:
        PATHS.choice(COMPARISON, "{loss}"),
    log:
        PATHS.root / "logs/choices" / COMPARISON / "{loss}.log",
    benchmark:
        PATHS.root / "benchmarks/choices" / COMPARISON / "{loss}.tsv"
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    params:
        grid=grid_of,
        recipe=recipe_of,
        seeds=seeds_of,
        code=code_digest("choose"),
    shell:
        "lossbench choose --grid {params.grid:q} --recipe {params.recipe:q}"
        " --epochs {wildcards.epochs} --seeds {params.seeds:q} --out {output:q} {input:q}"
        " > {log:q} 2>&1"


rule levels:
    input:
        jobs=lambda wildcards: tuning_jobs(
            comparison_of(wildcards), primary_pair(wildcards)
        ),
        choices=lambda wildcards: [
            PATHS.choice(COMPARISON.format(**wildcards), loss)
            for loss in primary_pair(wildcards)
        ],
    output:
        PATHS.levels(COMPARISON),
    log:
        PATHS.root / "logs/levels" / f"{COMPARISON}.log",
    benchmark:
        PATHS.root / "benchmarks/levels" / f"{COMPARISON}.tsv"
    priority: TRAINING_FIRST
    conda:
        "../../environment.yml"
    params:
        choices=lambda wildcards, input: [f"--choices={path}" for path in input.choices],
        code=code_digest("declare"),
    shell:
        "lossbench declare {params.choices:q} --out {output:q} {input.jobs:q} > {log:q} 2>&1"


use rule tuning_runs as evaluation_runs with:
    input:
        data=ancient(paths.prepared("{dataset}")),
        manifest=paths.manifest("{dataset}"),
        choices=choices_of,
        # Levels are declared before any evaluation run starts; its numbers do not depend on them.
        # When they are made anew, changed parameters of these runs are seen by the next call only.
        levels=ancient(PATHS.levels(COMPARISON)),
        own=ancient(OWN_CODE),
    output:
        directory(PATHS.root / "runs/evaluation" / PART),
    log:
        PATHS.root / "logs/evaluation" / f"{PART}.log",
    benchmark:
        PATHS.root / "benchmarks/evaluation" / f"{PART}.tsv"
    params:
        group=group_of("evaluation"),
        machine=machine_of("evaluation_runs"),
        own=own_sources("evaluation"),
