"""What several test modules share: one finished run of the tiny study, and a folder for more."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from builders import once
from builders.project_copy import Project
from lossbench.cards.own_cards import introduce

FIRST = (
    "test_docs",
    "test_pipeline_run_cache",
    "test_trial",
    "test_users_surroundings",
    "test_code_digest",
    "test_pipeline",
    "test_profiles",
    "test_datasets_own",
    "test_users_runs",
    "test_walkthrough",
)
"""Modules with tests of minutes: begun last, one of them would keep all but one worker waiting.

Those that wait for the finished study do not come all at once.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put them first; the order of all else stays."""
    places = {module: place for place, module in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(FIRST)))


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """A folder that the workers of a parallel run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def made_once(shared) -> None:
    """Let the builders keep there what they make."""
    (shared / "made").mkdir(exist_ok=True)
    once.FOLDER.append(shared / "made")


@pytest.fixture(scope="session")
def finished(shared) -> Project:
    """A project whose tiny study has run, in a folder with a space and a letter beyond ASCII.

    The workers of a parallel run share it: the first to ask runs the study, the others wait.
    """
    folder = shared / "a study é"
    with FileLock(f"{folder}.lock"):
        if folder.exists():
            return Project.at(folder)
        project = Project(folder)
        project.tiny()
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished project that a test may spoil; times of files are kept."""
    return finished.copy(tmp_path / "copy")


@pytest.fixture(autouse=True)
def built_in_cards() -> Iterator[None]:
    """Let no test see the own losses and networks of another's study."""
    yield
    introduce({}, {}, {})
