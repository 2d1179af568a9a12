"""The page in a real browser: opens from disk, needs nothing, and everything on it works.

Needs Chromium on the PATH and, for the accessibility checks, `npm ci`. Screenshots for people to
look at are written to report/screenshots.
"""

import csv
import io
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from builders import synthetic
from builders.drawn_figures import draw
from builders.once import once
from builders.report_pages import PROVENANCE, parsed, table_values
from builders.theory_tables import made
from lossbench.figures.catalogue import FIGURES
from lossbench.report.drawings import FigureContent
from lossbench.report.page import render

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).parents[1]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
SCREENSHOTS = ROOT / "report/screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WIDE, NARROW = 1280, 390
WIDTHS = (1600, WIDE, 800, NARROW)
PAPER = 717
"""Pixels between Chromium's margins on A4."""
HERE, PUBLISHED = (
    {path.stem: path for path in sorted((ROOT / folder).glob("*.html"))}
    for folder in ("report", "docs/published")
)
"""Pages that studies rendered here, by this code, and those that were published, as they were."""
INVENTED = "synthetic"


def of(pages: Iterable[str]) -> pytest.MarkDecorator:
    """Try these pages; what its script alone does is tried on the invented one."""
    return pytest.mark.parametrize("html", list(pages), indirect=True, scope="module")


CURRENT = of([INVENTED, *HERE])
EVERY = of(dict.fromkeys([INVENTED, *HERE, *PUBLISHED]))


@dataclass
class Opened:
    """A page and what it did since it was opened."""

    page: "playwright.Page"
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on the PATH")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@once
def invented() -> str:
    """A page with every figure."""
    tables, study = synthetic.build(networks=1, diverged=True, censored=True)
    tables = {**tables, **made()}
    figures = {}
    for name in FIGURES:
        svg, words = draw(name, tables, study)
        if words:
            figures[name] = FigureContent(**asdict(words), svg=svg)
    return render(study, tables, figures, PROVENANCE)


@pytest.fixture(scope="module", params=[INVENTED])
def html(request) -> str:
    """An invented study's page with everything on it, or one that a study rendered."""
    if request.param != INVENTED:
        return (PUBLISHED | HERE)[request.param].read_text(encoding="utf-8")
    return invented()


@pytest.fixture(scope="module")
def path(html, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("page") / "page.html"
    file.write_text(html, encoding="utf-8")
    return file


@pytest.fixture
def open_page(browser, path):
    contexts = []

    def open_(width: int = WIDE, **options: object) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.messages.append(message.text))
        opened.page.on("pageerror", lambda error: opened.messages.append(str(error)))
        opened.page.goto(path.as_uri())
        return opened

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page):
    """The page in a wide window."""
    return open_page().page


def column(page, table: str, name: str) -> list[str]:
    """The exact values in a column, in the order shown."""
    script = """([table, name]) => {
        const shown = document.querySelector(`table[data-file="${table}"]`);
        const index = [...shown.tHead.rows[0].cells].findIndex(cell => cell.dataset.name === name);
        return [...shown.tBodies[0].rows].map(row => row.cells[index].dataset.value);
    }"""
    return page.evaluate(script, [table, name])


def heading(page, table: str, name: str):
    return page.locator(f'table[data-file="{table}"] th[data-name="{name}"]')


def unfold(page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")


@EVERY
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_opens_from_disk_alone_and_silently(request, open_page, path, width, scheme):
    opened = open_page(width, color_scheme=scheme)
    opened.page.wait_for_load_state("networkidle")
    assert [url for url in opened.requests if not url.startswith("data:")] == [path.as_uri()]
    assert opened.messages == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = f"{request.node.callspec.params['html']}-{width}-{scheme}"
    opened.page.screenshot(path=SCREENSHOTS / f"{name}.png")
    # A whole page is taken without scrolling, so what is far from the screen must be drawn too.
    opened.page.screenshot(
        path=SCREENSHOTS / f"{name}-whole.png",
        full_page=True,
        style="* { content-visibility: visible !important; }",
    )


CUT = """() => {
const drawn = [...document.querySelectorAll("main :is(svg, table, img, pre, math)")];
return drawn.filter(each => each.checkVisibility()).filter(each => {
    const right = each.getBoundingClientRect().right;
    for (let box = each.parentElement; box; box = box.parentElement) {
        const overflow = getComputedStyle(box).overflowX;
        if (overflow === "auto" || overflow === "scroll") return false;
        if (overflow !== "visible" && right > box.getBoundingClientRect().right + 1) return true;
    }
    return right > innerWidth;
}).map(each => each.closest("[id]").id);
}"""
"""What ends beyond the box that cuts it, or the window, and is in no box that scrolls."""


@EVERY
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_nothing_is_cut_without_a_way_to_the_rest(open_page, scripts):
    page = open_page(java_script_enabled=scripts).page
    unfold(page)
    for width in (*WIDTHS, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert (width, page.evaluate(CUT)) == (width, [])


SMALLEST = """() => [...document.querySelectorAll(".drawing svg")].map(svg => {
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    const words = [...svg.querySelectorAll("text")];
    const sizes = words.map(each => parseFloat(getComputedStyle(each).fontSize));
    return [svg.closest("figure").id, scale * Math.min(...sizes)];
}).filter(([_, pixels]) => pixels < 11)"""


@CURRENT
def test_numbers_are_on_the_right_of_their_column_and_words_on_the_left(page):
    unfold(page)
    wrong = page.locator("table[data-file]").evaluate_all("""tables => tables.flatMap(table =>
        [...table.tBodies[0].rows].flatMap(row => [...row.cells].filter((cell, place) => {
            const isNumber = table.tHead.rows[0].cells[place].classList.contains("number");
            const side = getComputedStyle(cell).textAlign;
            return side !== (isNumber ? "right" : cell.tagName === "TD" ? "left" : side);
        }).map(cell => `${table.dataset.file}: ${cell.textContent}`)))""")
    assert wrong == []


@CURRENT
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_no_word_of_a_figure_is_cut(open_page, width):
    page = open_page(width).page
    page.add_style_tag(content=".canvas { content-visibility: visible !important; }")
    cut = page.locator(".drawing svg").evaluate_all("""drawings => drawings.flatMap(drawing => {
        const edge = drawing.getBoundingClientRect();
        return [...drawing.querySelectorAll("text")].filter(text => {
            const box = text.getBoundingClientRect();
            return box.left < edge.left - 2 || box.right > edge.right + 2
                || box.top < edge.top - 2 || box.bottom > edge.bottom + 2;
        }).map(text => text.textContent);
    })""")
    assert cut == []


@CURRENT
def test_the_words_in_figures_are_legible(page):
    assert page.locator(".drawing svg").count() > 10
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert (width, page.evaluate(SMALLEST)) == (width, [])


@CURRENT
@pytest.mark.parametrize(("width", "height"), [(WIDE, 800), (NARROW, 844)])
def test_the_first_screen_has_the_answer_and_a_figure(open_page, width, height):
    page = open_page(width).page
    ends = "each => each.getBoundingClientRect().bottom"
    for words in ("h1", ".deck", ".question p"):
        assert page.locator(words).first.evaluate(ends) <= height
    figure = page.locator(".drawing").first.bounding_box()
    assert figure["y"] + min(figure["height"], height / 4) <= height


@CURRENT
def test_paper_has_all_that_is_not_named_as_left_out(open_page):
    page = open_page(PAPER).page
    page.emulate_media(media="print")
    cut = "each => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1"
    boxes = f"boxes => boxes.filter({cut}).map(each => each.closest('[id]').id)"
    assert page.locator(".scroll").evaluate_all(boxes) == []
    assert page.evaluate(CUT) == []
    folded = page.locator(".table > details:not([open]) > summary").first
    said = folded.evaluate("each => getComputedStyle(each, '::after').content")
    assert said == '", left out in print"'
    edges = dict.fromkeys(("top", "bottom", "left", "right"), "1.2cm")
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=edges))
    assert 3 < len(pages) < 25


# Wider than what a machine shows that has none of the fonts named.
WIDE_FONT = "* { font-family: 'DejaVu Sans', Verdana !important; letter-spacing: .05em; }"


@EVERY
def test_the_answer_shows_every_column_on_a_laptop(page, request):
    if request.node.callspec.params["html"] == INVENTED:  # others are as they were rendered
        page.add_style_tag(content=WIDE_FONT)
    widths = "box => [box.scrollWidth, box.clientWidth]"
    needed, shown = page.locator("#table-headline .scroll").evaluate(widths)
    assert needed <= shown


@EVERY
def test_opens_within_a_second(page):
    """A second of the main thread's own time, which other work on the machine hardly lengthens."""
    session = page.context.new_cdp_session(page)

    def main_thread_s() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = main_thread_s()
    page.reload()
    assert 0 < main_thread_s() - before < 1


@EVERY
def test_a_link_of_the_contents_arrives_at_its_section(open_page):
    page = open_page(reduced_motion="reduce").page
    arrived = "hash => Math.abs(document.querySelector(hash).getBoundingClientRect().top) < 40"
    links = page.get_by_role("navigation").get_by_role("link")
    assert links.count() == page.locator("main section > h2").count() > 8
    for link in reversed(links.all()):
        link.click()
        page.wait_for_function(arrived, arg=link.get_attribute("href"))


def test_the_contents_mark_the_section_that_they_led_to_however_short(open_page):
    page = open_page(reduced_motion="reduce").page
    page.add_style_tag(content="#mechanism > :nth-child(n + 3) { display: none }")
    page.locator("nav a[href='#mechanism']").click()
    marked = page.locator("nav [aria-current]")
    playwright.expect(marked).to_have_attribute("href", "#mechanism")


def test_sorting_goes_both_ways_and_says_so(page):
    header = heading(page, "runs", "test_error")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    values = column(page, "runs", "test_error")
    numbers = [float(value) for value in values if value]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 3
    assert values[: len(numbers)] == [value for value in values if value], "missing values last"
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    values = column(page, "runs", "test_error")
    assert [float(value) for value in values if value] == sorted(numbers, reverse=True)
    assert not values[-1]
    heading(page, "runs", "loss").get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "none"
    losses = column(page, "runs", "loss")
    assert losses == sorted(losses)


def test_filter_keeps_the_rows_with_every_word(page):
    page.get_by_label("Filter rows").fill("softmax tuning")
    rows = page.locator('table[data-file="runs"] tbody tr:visible')
    total = page.locator('table[data-file="runs"] tbody tr').count()
    assert 0 < rows.count() < total
    for text in rows.all_text_contents():
        assert "tuning" in text.lower()
        assert "softmax" in text.lower()
    assert page.get_by_text(f"{rows.count()} of {total} rows").is_visible()
    page.get_by_label("Filter rows").fill("")
    assert rows.count() == total


def saved(page, button) -> tuple[str, str]:
    """The name and the text of the file that a button saves."""
    page.wait_for_timeout(150)  # Chromium drops what a page saves beyond ten files a second.
    with page.expect_download() as started:
        button.click()
    return started.value.suggested_filename, Path(started.value.path()).read_bytes().decode("utf-8")


@EVERY
def test_every_downloaded_table_equals_the_table(open_page, html):
    page = open_page(accept_downloads=True).page
    unfold(page)
    document = parsed(html)
    names = page.evaluate(
        "[...document.querySelectorAll('table[data-file]')].map(each => each.dataset.file)"
    )
    assert {"headline", "runs", "speed", "error-contrasts"} <= set(names)
    for name in names:
        block = page.locator(f"#table-{name}")
        file, text = saved(page, block.get_by_role("button", name="Download CSV"))
        assert file == f"{name}.csv"
        found = list(csv.reader(io.StringIO(text)))
        expected = table_values(document, name)
        assert found == [list(expected.columns), *expected.to_numpy().tolist()]


@EVERY
def test_copied_csv_and_command_reach_the_clipboard(open_page, html):
    page = open_page(permissions=["clipboard-read", "clipboard-write"]).page
    block = page.locator("#table-headline")
    block.get_by_role("button", name="Copy CSV").click()
    page.get_by_text("Table copied").wait_for(state="attached")
    copied = page.evaluate("navigator.clipboard.readText()")
    expected = table_values(parsed(html), "headline")
    assert list(csv.reader(io.StringIO(copied)))[1:] == expected.to_numpy().tolist()
    page.locator('table[data-file="runs"] tbody tr').first.get_by_role("button").click()
    page.get_by_text("Command copied").wait_for(state="attached")
    command = table_values(parsed(html), "runs")["command"][0]
    assert page.evaluate("navigator.clipboard.readText()") == command
    assert command.startswith("snakemake ")


@EVERY
def test_every_figure_and_its_numbers_can_be_saved(open_page):
    page = open_page(accept_downloads=True).page
    unfold(page)
    figures = page.locator("figure[id]")
    assert figures.count() > 10
    for figure in figures.all():
        _, svg = saved(page, figure.get_by_role("button", name="Download SVG"))
        assert svg.startswith("<svg")
        assert 'xmlns="http://www.w3.org/2000/svg"' in svg
        for button in figure.get_by_role("button", name="Download data").all():
            rows = list(csv.reader(io.StringIO(saved(page, button)[1])))
            assert len(rows) > 1
            assert len({len(row) for row in rows}) == 1


@EVERY
def test_the_legend_hides_a_loss_everywhere(page, request):
    on_trial = request.node.callspec.params["html"] == "focal"
    loss, label = ("focal", "Focal loss") if on_trial else ("mse_softmax", "MSE on softmax")
    drawn = page.locator(f".drawing [data-loss={loss}]")
    listed = page.locator(f'main tr[data-loss="{loss}"]')
    assert drawn.count() > 3
    assert listed.count() > 3
    box = page.get_by_label(label, exact=True)
    box.uncheck()
    visible = "elements => elements.some(each => getComputedStyle(each).display !== 'none')"
    assert not drawn.evaluate_all(visible)
    assert not listed.evaluate_all(visible)
    assert page.locator(".drawing [data-loss=cross_entropy]").evaluate_all(visible)
    box.check()
    assert drawn.evaluate_all(visible)


@CURRENT
def test_the_legend_hides_a_loss_s_name_in_the_figures_too(page):
    page.get_by_label("MSE on softmax", exact=True).uncheck()
    named = page.locator(".drawing").get_by_text("MSE on softmax", exact=True)
    assert named.count() > 3
    assert not any(each.is_visible() for each in named.all())


@EVERY
def test_a_link_to_a_folded_table_unfolds_it(page):
    table = page.locator('table[data-file="seed-errors"]')
    assert not table.is_visible()
    page.locator('#figure-final-error a[href="#table-seed-errors"]').click()
    table.wait_for(state="visible")


def test_works_by_keyboard_alone(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#answer"
    header = heading(page, "headline", "error_value")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('th')?.dataset.name") == "error_value":
            break
    else:
        pytest.fail("the heading cannot be reached by Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert header.get_attribute("aria-sort") == "descending"


@EVERY
def test_reads_the_same_without_scripts(open_page):
    def words(page) -> str:
        page.emulate_media(media="print")  # lays out all of the page, without the buttons
        found = " ".join(page.locator("main").inner_text().split())
        page.emulate_media(media="screen")
        return found

    plain = open_page(java_script_enabled=False).page
    scripted = open_page().page
    assert len(words(plain)) > 10_000
    assert words(plain) == words(scripted)
    assert plain.get_by_role("navigation").get_by_text("Runs").is_visible()
    assert not plain.get_by_role("button").all()


def test_losses_keep_their_colours_when_dark(open_page):
    colour = "getComputedStyle(document.querySelector('.swatch')).color"
    shown = {
        scheme: open_page(color_scheme=scheme).page.evaluate(colour) for scheme in ("light", "dark")
    }
    assert shown == {"light": "rgb(0, 114, 178)", "dark": "rgb(77, 163, 219)"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_no_violation(open_page, width, scheme):
    assert violations(open_page(width, color_scheme=scheme).page) == []


@of(dict.fromkeys([*HERE, *PUBLISHED]))
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_axe_finds_no_violation_on_a_study_s_page(open_page, width, scheme):
    assert violations(open_page(width, color_scheme=scheme).page) == []


def violations(page) -> list[tuple[str, list[str]]]:
    """The rules that the page breaks once all is unfolded, each with three places at most."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run npm ci")
    unfold(page)
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then(found => found.violations)")
    return [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found]
