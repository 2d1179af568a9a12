"""Every rule has as parameters the digest of its verb's code and what the verb declares to use."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import synthetic, theory_tables
from lossbench.cards.dataset import DatasetCard
from lossbench.cards.loss import LossCard
from lossbench.cards.network import NetworkCard
from lossbench.code.code_digest import declared
from lossbench.study.config import Study
from lossbench.study.paths import StudyPaths
from lossbench.tables.parquet import write
from lossbench.tables.stored import write_tables
from lossbench.tables.theory import THEORY_TABLES
from lossbench.verbs.contrast import contrast
from lossbench.verbs.judge import judge

ROOT = Path(__file__).parents[1]
RULES = {
    match[1]: match[2]
    for path in sorted(ROOT.glob("workflow/rules/*.smk"))
    for match in re.finditer(
        r"^(?:use rule \w+ as|rule) (\w+).*:\n((?:    .*\n|\n)+)", path.read_text(), re.M
    )
}
"""Name → body."""
CALLS = {
    name: verb[1] for name, body in RULES.items() if (verb := re.search(r"lossbench (\w+)", body))
}
"""Rule → verb."""
CARDS = {"loss": LossCard, "network": NetworkCard, "dataset": DatasetCard}


def test_all_rules_are_found():
    text = "".join(path.read_text() for path in ROOT.glob("workflow/rules/*.smk"))
    assert len(RULES) == len(re.findall(r"^(?:use )?rule ", text, re.M))
    assert len(CALLS) == len(re.findall(r'"lossbench ', text)) > 10


@pytest.mark.parametrize(("rule", "verb"), CALLS.items(), ids=CALLS)
def test_a_rule_carries_the_digest_of_its_verb_and_what_it_declares(rule, verb):
    body = RULES[rule]
    written_out = {
        "work": r"group=group_of\((.|\n)*code_digest\(\"work\"",
        "draw": r"codes=codes_of\(",
        "fetch": "key_of",
        "adopt": "key_of",
    }
    digest = written_out.get(verb, rf'code_digest\("{verb}"')
    assert re.search(digest, body)
    assert (f'slice_of("{verb}")' in body) == bool(declared(verb, "USES"))
    assert (verb == "fetch" or f'cards_for("{verb}")' in body) == bool(declared(verb, "CARDS"))
    reads_study = rule in ("page", "exports")  # any other would be rerun by a new record
    assert ("study=PATHS.study" in body) == reads_study


def test_local_rules_are_rules():
    listed = re.search(r"^localrules:\n((?:    \w+,\n)+)", (ROOT / "Snakefile").read_text(), re.M)
    assert set(re.findall(r"\w+", listed[1])) - {"all"} <= set(RULES)


@pytest.fixture
def results(tmp_path) -> Path:
    """The folder of an invented study with its tables."""
    tables, study = synthetic.build(networks=1)
    paths = StudyPaths(study.name, tmp_path / "results")
    write_tables(paths, tables)
    for name, frame in theory_tables.made().items():
        write(frame, THEORY_TABLES[name], paths.theory(name))
    return paths.root


@pytest.fixture
def study() -> str:
    """That study, as JSON."""
    return synthetic.build(networks=1)[1].model_dump_json()


@pytest.fixture
def read(monkeypatch) -> Iterator[set[str]]:
    """The fields of the cards that are read from now on."""
    found: set[str] = set()
    for kind, card in CARDS.items():
        fields = set(card.__dataclass_fields__)

        def get(self, name, kind=kind, fields=fields):
            if name in fields:
                found.add(f"{kind}.{name}")
            return object.__getattribute__(self, name)

        monkeypatch.setattr(card, "__getattribute__", get)
    return found


@pytest.mark.parametrize("verb", [contrast, judge], ids=lambda verb: verb.__name__)
def test_a_verb_reads_no_field_of_a_card_that_it_does_not_declare(results, study, read, verb):
    Study.model_validate_json(study)  # whether a study is valid is settled before any rule runs
    validating = set(read)
    verb(study, results)
    assert read - validating <= set(declared(verb.__name__, "CARDS"))


def test_a_field_that_is_read_is_noticed(results, study, read):
    judge(study, results)
    assert "loss.name" in read
