rule draw:
    input:
        tables=ALL_TABLES,
    output:
        figures=[
            report(
                PATHS.figure(name), caption="../report/figure.rst", category="Figures"
            )
            for name in FIGURE_CHAPTERS["results"]
        ],
        words=PATHS.words("results"),
    log:
        PATHS.root / "logs/draw.log",
    benchmark:
        PATHS.root / "benchmarks/draw.tsv"
    conda:
        "../../environment.yml"
    params:
        chapter="--chapter=results",
        study=study_json,
        folder=study_folder,
        slice=slice_of("draw"),
        cards=cards_for("draw"),
        code=code_digest("draw"),
    shell:
        "lossbench draw --study {params.study:q} --folder {params.folder:q} {params.chapter}"
        " > {log:q} 2>&1"


use rule draw as draw_theory with:
    input:
        tables=THEORY,
    output:
        figures=[
            report(
                PATHS.figure(name), caption="../report/figure.rst", category="Figures"
            )
            for name in FIGURE_CHAPTERS["theory"]
        ],
        words=PATHS.words("theory"),
    log:
        PATHS.root / "logs/draw_theory.log",
    benchmark:
        PATHS.root / "benchmarks/draw_theory.tsv"
    params:
        chapter="--chapter=theory",
        study=study_json,
        folder=study_folder,
        slice=slice_of("draw"),
        cards=cards_for("draw"),
        code=code_digest("draw"),


rule csv:
    input:
        tables=ALL_TABLES,
        theory=THEORY,
    output:
        [
            report(PATHS.csv(name), caption="../report/table.rst", category="Tables")
            for name in (*paths.EXPORTED, *THEORY_TABLES)
        ],
    log:
        PATHS.root / "logs/csv.log",
    benchmark:
        PATHS.root / "benchmarks/csv.tsv"
    conda:
        "../../environment.yml"
    params:
        folder=study_folder,
        code=code_digest("export"),
    shell:
        "lossbench export --folder {params.folder:q} > {log:q} 2>&1"


rule provenance:
    input:
        timing=PATHS.table("timing"),
        manifests=[paths.manifest(dataset) for dataset in USED],
    output:
        PATHS.provenance,
    log:
        PATHS.root / "logs/provenance.log",
    benchmark:
        PATHS.root / "benchmarks/provenance.tsv"
    conda:
        "../../environment.yml"
    params:
        digests=digests_of_results,
        study=study_json,
        folder=study_folder,
        slice=slice_of("trace"),
        code=code_digest("trace"),
    shell:
        "lossbench trace --study {params.study:q} --folder {params.folder:q}"
        " --digests {params.digests:q} > {log:q} 2>&1"


rule page:
    input:
        study=PATHS.study,
        tables=ALL_TABLES,
        theory=THEORY,
        figures=[PATHS.figure(name) for name in FIGURE_NAMES],
        words=[PATHS.words(chapter) for chapter in FIGURE_CHAPTERS],
        provenance=PATHS.provenance,
    output:
        page=report(PATHS.page, caption="../report/page.rst", category="Page"),
        summary=report(PATHS.summary, caption="../report/summary.rst", category="Page"),
    log:
        PATHS.root / "logs/page.log",
    benchmark:
        PATHS.root / "benchmarks/page.tsv"
    conda:
        "../../environment.yml"
    params:
        study=study_json,
        folder=study_folder,
        slice=slice_of("render"),
        cards=cards_for("render"),
        code=code_digest("render"),
    shell:
        "lossbench render --study {params.study:q} --folder {params.folder:q} > {log:q} 2>&1"
