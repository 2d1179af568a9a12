"""Does the loss matter? Cross-entropy and squared error, from data to page.

`snakemake --cores all` runs the default study; `--configfile config/miniature.yaml` the small one.
"""

from snakemake.utils import min_version

min_version("9.19")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/report.smk"


# Seconds each, or in need of the network: on a cluster they run beside the `snakemake` command.
localrules:
    all,
    study,
    dataset,
    own_dataset,
    own_code,
    choices,
    levels,
    tables,
    claims,
    study_figures,
    theory_figures,
    csv,
    provenance,
    page,


# Everything that a study leaves is asked for, not the page alone: whatever was deleted is remade.
rule all:
    default_target: True
    input:
        rules.study.output,
        rules.page.output,
        rules.csv.output,
        DRAWINGS,
        ALL_TABLES,
        THEORY,
        PATHS.provenance,
        paths.choices(PATHS, STUDY),
        paths.levels(PATHS, STUDY),
        [PATHS.group(group) for group in GROUPS.values()],
