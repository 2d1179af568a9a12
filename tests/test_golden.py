"""The wording of the page, whole: what an invented study with troubles reads like.

All other tests ask which phrase and which numbers; this one alone holds the sentences. After a
change of words that is meant, read the difference that `RENEW_GOLDEN=1 pytest tests/test_golden.py`
makes in `tests/golden/page.txt`, and commit it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from builders import synthetic
from builders.drawn_figures import in_words
from builders.report_pages import Element, parsed, rendered
from builders.theory_tables import made
from lossbench.claims.all_claims import judge

GOLDEN = Path(__file__).parent / "golden/page.txt"
MEASURED = ("C5", "C6", "C10", "C11", "C12")
"""The last digits of what theory derives differ from one machine to another."""
TOLD = ("h1", "h2", "h3", "h4", "p", "li", "caption", "figcaption", "dt", "dd")


def test_the_page_reads_as_it_did() -> None:
    said = "\n".join(lines()) + "\n"
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.write_text(said, "utf-8")
    assert said == GOLDEN.read_text("utf-8"), __doc__


def lines() -> Iterator[str]:
    """The page's words, a line an element; of the tables their captions and the claims alone."""
    tables, study = synthetic.build(diverged=True, censored=True)
    claims = judge(tables | made(), 0.95, study.recipes)
    tables["claims"] = claims[claims["claim"].isin(MEASURED)]
    figures = in_words(tables, study)
    page = parsed(rendered(tables, study, figures=figures))
    yield from told(page.all("main")[0])
    for name, figure in figures.items():
        yield f"alt of {name}: {plain(figure.alt)}"


def told(element: Element) -> Iterator[str]:
    is_claim = "prose-cell" in (element.attributes.get("class") or "").split()
    if element.tag in TOLD or is_claim:
        if text := plain(element.text):
            yield f"{element.tag}: {text}"
        return
    for child in element.children:
        if isinstance(child, Element):
            yield from told(child)


def plain(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").split())
