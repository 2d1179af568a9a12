ALL_TABLES = [PATHS.table(name) for name in (*paths.COLLECTED, *paths.DERIVED)]
THEORY_TABLES = [PATHS.theory(name) for name in theory.THEORY_TABLES]


rule draw:
    input:
        study=PATHS.study,
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
        code=code_digest("figures.catalogue"),
    shell:
        "lossbench draw --study {input.study:q} {params.chapter} > {log:q} 2>&1"


use rule draw as draw_theory with:
    input:
        study=PATHS.study,
        tables=THEORY_TABLES,
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
        code=code_digest("figures.theory"),


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
        figures=[PATHS.figure(name) for name in FIGURE_NAMES],
        words=[PATHS.words(chapter) for chapter in FIGURE_CHAPTERS],
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
