THEORY_FIGURES = figures_of("theory")
STUDY_FIGURES = [name for name in FIGURES if name not in THEORY_FIGURES]
DRAWINGS = [
    path for name in FIGURES for path in (PATHS.figure(name), PATHS.words(name))
]


# One process draws many figures: its start takes longer than a figure. Those that it drew before
# from the same code and numbers it takes as they are.
rule study_figures:
    input:
        tables=tables_of(STUDY_FIGURES),
    output:
        figures=[
            report(
                PATHS.figure(name), caption="../report/figure.rst", category="Figures"
            )
            for name in STUDY_FIGURES
        ],
        words=[PATHS.words(name) for name in STUDY_FIGURES],
    log:
        PATHS.root / "logs/study_figures.log",
    benchmark:
        PATHS.root / "benchmarks/study_figures.tsv"
    conda:
        "../../environment.yml"
    params:
        study=study_json,
        folder=study_folder,
        slice=slice_of("draw"),
        cards=cards_for("draw"),
        codes=codes_of(STUDY_FIGURES),
    shell:
        "lossbench draw --study {params.study:q} --folder {params.folder:q}"
        " --cards {params.cards:q} --codes {params.codes:q} > {log:q} 2>&1"


# They wait for no run.
use rule study_figures as theory_figures with:
    input:
        tables=tables_of(THEORY_FIGURES),
    output:
        figures=[
            report(
                PATHS.figure(name), caption="../report/figure.rst", category="Figures"
            )
            for name in THEORY_FIGURES
        ],
        words=[PATHS.words(name) for name in THEORY_FIGURES],
    log:
        PATHS.root / "logs/theory_figures.log",
    benchmark:
        PATHS.root / "benchmarks/theory_figures.tsv"
    params:
        codes=codes_of(THEORY_FIGURES),


rule csv:
    input:
        tables=ALL_TABLES,
        theory=THEORY,
    output:
        tables=[
            report(PATHS.csv(name), caption="../report/table.rst", category="Tables")
            for name in (*paths.EXPORTED, *THEORY_TABLES)
        ],
        codebook=PATHS.codebook,
    log:
        PATHS.root / "logs/csv.log",
    benchmark:
        PATHS.root / "benchmarks/csv.tsv"
    conda:
        "../../environment.yml"
    params:
        folder=study_folder,
        code=code_digest("csv"),
    shell:
        "lossbench csv --folder {params.folder:q} > {log:q} 2>&1"


# For papers: asked for by name, such as results/NAME/exports/pdf.
rule exports:
    input:
        tables=ALL_TABLES,
        theory=THEORY,
        study=PATHS.study,
    output:
        directory(PATHS.root / "exports/{kind}"),
    log:
        PATHS.root / "logs/exports-{kind}.log",
    benchmark:
        PATHS.root / "benchmarks/exports-{kind}.tsv"
    wildcard_constraints:
        kind="pdf|png|tex",
    conda:
        "../../environment.yml"
    params:
        folder=study_folder,
        code=code_digest("export"),
    shell:
        "lossbench export {params.folder:q} --format {wildcards.kind} --out {output:q} > {log:q} 2>&1"


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
        figures=DRAWINGS,
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
        placed=figures_on_the_page,
        snakemake=snakemake_call,
        code=code_digest("render"),
    shell:
        "lossbench render --study {params.study:q} --folder {params.folder:q}"
        " --snakemake {params.snakemake:q} > {log:q} 2>&1"
