"""Pages to test: rendered from the invented study, and parsed back with the standard library."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pandas as pd

from lossbench.report.drawings import FigureContent
from lossbench.report.page import render
from lossbench.study.config import Study

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g class="loss-mse_softmax"/></svg>'
)
PROVENANCE = {
    "lossbench": "0.1.0",
    "git_commit": "0123456789abcdef",
    "git_dirty": False,
    "code_digests": {"training": "feedbeef"},
    "packages": {"numpy": "2.0"},
    "machine": {"processor": "An invented processor", "cores": 2},
    "datasets": {},
    "training": [
        {"device": "A", "datasets": ["mnist"], "train_seconds": 90.0, "peak_share": 0.42},
        {"device": "B", "datasets": ["cifar10"], "train_seconds": 7200.0, "peak_share": 0.6},
    ],
    "finished": "2001-02-03",
}
VOID = {"meta", "link", "input", "br", "img", "hr"}


def figure(title: str = "A finding", svg: str = SVG) -> FigureContent:
    return FigureContent(title, "what is plotted", "what is seen", "how to read it", svg)


def rendered(tables: dict[str, pd.DataFrame], study: Study, **changes: object) -> str:
    arguments = {"figures": {"answer": figure()}, "provenance": PROVENANCE, **changes}
    return render(study, tables, **arguments)


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.exact_text.replace("\xa0", " ")

    @property
    def exact_text(self) -> str:
        """With its no-break spaces."""
        parts = [part if isinstance(part, str) else part.exact_text for part in self.children]
        return "".join(parts)

    def all(self, tag: str, **attributes: str) -> "list[Element]":
        """Descendants, self included, in document order; `class_` matches one of the classes."""
        found = [self] if self._is(tag, attributes) else []
        for child in self.children:
            if isinstance(child, Element):
                found += child.all(tag, **attributes)
        return found

    def _is(self, tag: str, wanted: dict[str, str]) -> bool:
        if tag not in ("*", self.tag):
            return False
        return all(
            value in (self.attributes.get("class") or "").split()
            if name == "class_"
            else self.attributes.get(name) == value
            for name, value in wanted.items()
        )


CELLS = ("td", "th")


class Parser(HTMLParser):
    """Builds a tree and refuses what is not closed in order; a table's cells may go unclosed."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("document", {})]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute"
        if tag in CELLS:
            self.end_cell()
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.open[-1].children.append(Element(tag, dict(attrs)))

    def end_cell(self):
        if self.open[-1].tag in CELLS:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag == "tr":
            self.end_cell()
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def parsed(html: str) -> Element:
    parser = Parser()
    parser.feed(html)
    parser.close()
    assert [element.tag for element in parser.open] == ["document"], "an element stays open"
    return parser.open[0]


def table_values(page: Element, name: str) -> pd.DataFrame:
    """The exact values behind the table of this name."""
    (table,) = page.all("table", **{"data-file": name})
    columns = [cell.attributes["data-name"] for cell in table.all("thead")[0].all("th")]
    rows = [
        [
            cell.attributes.get("data-value", cell.exact_text)
            for cell in row.children
            if isinstance(cell, Element)
        ]
        for row in table.all("tbody")[0].all("tr")
    ]
    return pd.DataFrame(rows, columns=columns)
