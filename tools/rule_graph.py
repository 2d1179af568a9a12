"""Draws the pipeline's rules into a document.

`snakemake --rulegraph | python -m tools.rule_graph docs/architecture.md`. Arrows that follow from
others are left out, and so is the rule `all`, which depends on every other. The drawing is
Mermaid's, which GitHub and GitLab show as a figure.
"""

import re
import sys
from pathlib import Path

import networkx

from tools.marks import put

Edges = set[tuple[str, str]]
BEGIN, END = "<!-- rule graph, by make graph -->", "<!-- end of the rule graph -->"


def parse(dot: str) -> Edges:
    """From rule to rule that reads what it wrote, without `all` and without shortcuts."""
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', dot))
    pairs = {(names[one], names[other]) for one, other in re.findall(r"(\d+) -> (\d+)", dot)}
    graph = networkx.DiGraph((one, other) for one, other in pairs if other != "all")
    return set(networkx.transitive_reduction(graph).edges)


def mermaid(edges: Edges) -> str:
    """The drawing, the same for the same edges."""
    lines = [f"    {one} --> {other}" for one, other in sorted(edges)]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


def main(document: Path, dot: str) -> None:
    """Put the drawing between the marks of the document."""
    put(document, BEGIN, END, mermaid(parse(dot)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.stdin.read())
