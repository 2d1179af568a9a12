"""The cluster profiles, as far as they can be tried without a cluster.

`test_slurm.py` runs the Slurm profile for real. Of the Kubernetes profile the plan is tested, and
its storage by a whole study whose files stand in a local S3 server.
"""

from urllib.request import urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from builders.project_copy import Project

pytestmark = pytest.mark.slow

KEYS = {"SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "key", "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "secret"}
KUBERNETES = ["--workflow-profile", "profiles/kubernetes"]
WITHOUT_SHARED_FILES = ["--shared-fs-usage", "none", "--default-storage-provider", "s3"]


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def storage(monkeypatch) -> list[str]:
    """Arguments that name an empty bucket on an S3 server inside this process."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    client = boto3.client("s3", "us-east-1", endpoint_url=address, **keys)
    urlopen(f"{address}/moto-api/reset", data=b"")  # buckets outlive a server in its process
    client.create_bucket(Bucket="study")
    yield ["--default-storage-prefix", "s3://study/here", "--storage-s3-endpoint-url", address]
    server.stop()


def resources(plan: str, rule: str) -> str:
    """The resources of the first job of a rule in a dry run's output."""
    job = plan.split(f"\nrule {rule}:\n")[1].split("\n[")[0]
    return job.split("resources: ")[1]


def test_slurm_gives_training_jobs_time_and_a_gpu_where_the_profile_says_so(project):
    slurm = ["--workflow-profile", "profiles/slurm", "--dry-run"]
    plan = project.tiny(*slurm)
    for rule in ("tuning_runs", "evaluation_runs"):
        assert "runtime=240, gpu=0" in resources(plan, rule)
    project.edit("profiles/slurm/profile.yaml", "gpu: 0", "gpu: 1")
    plan = project.tiny(*slurm)
    assert "gpu=1" in resources(plan, "tuning_runs")
    assert "gpu=0" in resources(plan, "evaluation_runs")


def test_kubernetes_plans_every_file_in_the_bucket(project, storage):
    plan = project.tiny(*KUBERNETES, *storage, "--dry-run")
    assert "s3://study/here/results/tiny/tables/contrasts.parquet (send to storage)" in plan
    assert "gpu_manufacturer=nvidia" in resources(plan, "evaluation_runs")
    assert "gpu=0" in resources(plan, "evaluation_runs")


def test_a_study_whose_files_stand_in_a_bucket_has_the_same_tables(project, storage, finished):
    arguments = [*WITHOUT_SHARED_FILES, *storage, "--keep-storage-local-copies"]
    project.take_runs_of(finished).tiny(*arguments)
    assert [path.name for path in (project.folder / "results").iterdir()] == ["cache"]
    copies = ".snakemake/storage/s3/study/here/results"
    assert project.tables(copies) == finished.tables()
    assert "Nothing to be done" in project.tiny(*arguments)
