"""What several test modules share: one finished run of the tiny study."""

import pytest

from project_copy import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """A project whose tiny study has run, in a folder with a space and a letter beyond ASCII."""
    project = Project(tmp_path_factory.mktemp("a study é"))
    project.tiny()
    return project
