"""The Markdown summary says what the page says, and nothing in it is taken for markup."""

import re

from builders import synthetic
from lossbench.report.markdown import markdown
from lossbench.report.prose import first_screen
from lossbench.report.templating import escaped


def test_holds_answer_headline_and_claims_in_tables_of_equal_rows():
    tables, study = synthetic.build(networks=1)
    text = markdown(study, tables, {"git_commit": "0123abc"})
    assert text.startswith("# An invented study\n")
    first = first_screen(tables)
    assert f"**{first['heading']}.** {first['deck']}" in text.replace("\\", "")
    for question in ("ends_lower", "learns_faster"):
        for sentence in first[question]:
            assert f"**{sentence.lead}**{escaped(sentence.rest)}" in text
    rows = [line for line in text.splitlines() if re.match(r"\| (MNIST|CIFAR-10|C\d+) \|", line)]
    assert len(rows) == 2 + len(tables["claims"])
    assert "Commit 0123abc; page: `report/synthetic.html`." in text
    blocks = [block for block in text.replace("\\|", "").split("\n\n") if block.startswith("|")]
    assert len(blocks) == 2
    for block in blocks:
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_hostile_text_is_escaped():
    tables, study = synthetic.build(networks=1)
    hostile = study.model_copy(update={"title": "a | b\n# c <b> [x](y) `z`"})
    first = markdown(hostile, tables, {}).splitlines()[0]
    assert first == r"# a \| b \# c \<b\> \[x\](y) \`z\`"
