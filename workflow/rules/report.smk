ALL_TABLES = [PATHS.table(name) for name in (*paths.COLLECTED, *paths.DERIVED)]
THEORY_TABLES = [PATHS.theory(name) for name in theory.THEORY_TABLES]
DRAWINGS = [
    path for name in FIGURES for path in (PATHS.figure(name), PATHS.words(name))
]


rule draw:
    input:
        study=PATHS.study,
        tables=tables_of_figure,
    output:
        figure=report(
            PATHS.figure("{figure}"),
            caption="../report/figure.rst",
            category="Figures",
        ),
        words=PATHS.words("{figure}"),
    log:
        PATHS.root / "logs/draw/{figure}.log",
    benchmark:
        PATHS.root / "benchmarks/draw/{figure}.tsv"
    wildcard_constraints:
        figure="|".join(FIGURES),
    conda:
        "../../environment.yml"
    params:
        code=code_of_figure,
    shell:
        "lossbench draw --study {input.study:q} --figure {wildcards.figure} > {log:q} 2>&1"


rule export:
    input:
        study=PATHS.study,
        tables=ALL_TABLES,
        theory=THEORY_TABLES,
    output:
        [
            report(PATHS.csv(name), caption="../report/table.rst", category="Tables")
            for name in (*paths.EXPORTED, *theory.THEORY_TABLES)
        ],
    log:
        PATHS.root / "logs/export.log",
    benchmark:
        PATHS.root / "benchmarks/export.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_digest("tables.study", "tables.theory"),
    shell:
        "lossbench export --study {input.study:q} > {log:q} 2>&1"


rule trace:
    input:
        study=PATHS.study,
        timing=PATHS.table("timing"),
        manifests=[paths.manifest(dataset) for dataset in USED],
    output:
        PATHS.provenance,
    log:
        PATHS.root / "logs/trace.log",
    benchmark:
        PATHS.root / "benchmarks/trace.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_digest("provenance"),
    shell:
        "lossbench trace --study {input.study:q} > {log:q} 2>&1"


rule render:
    input:
        study=PATHS.study,
        tables=ALL_TABLES,
        theory=THEORY_TABLES,
        figures=DRAWINGS,
        provenance=PATHS.provenance,
    output:
        page=report(PATHS.page, caption="../report/page.rst", category="Page"),
        summary=report(PATHS.summary, caption="../report/summary.rst", category="Page"),
    log:
        PATHS.root / "logs/render.log",
    benchmark:
        PATHS.root / "benchmarks/render.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_digest("report.page", "report.statements"),
    shell:
        "lossbench render --study {input.study:q} > {log:q} 2>&1"
