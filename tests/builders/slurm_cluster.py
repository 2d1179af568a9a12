"""A real Slurm of one node on this machine, from Debian's packages, while a test needs it.

Everything stands in a temporary folder but a link at /etc/slurm/slurm.conf: a job step forgets
SLURM_CONF and looks there. A machine that has a Slurm of its own is left alone.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins", "munge")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "scancel", "munged")
SYSTEM_FILE = Path("/etc/slurm/slurm.conf")
MARK = "# One node, for a test."


class UnavailableError(Exception):
    """Why this machine cannot have a Slurm for the test."""


def install() -> None:
    """Debian's packages, where they are missing. Raises UnavailableError: they cannot be."""
    if os.geteuid() != 0:
        raise UnavailableError("only root can start Slurm")
    if not all(map(shutil.which, PROGRAMS)):
        if not shutil.which("apt-get"):
            raise UnavailableError("Slurm is not installed, and there is no apt-get")
        _apt_get("update", "-qq")
        _apt_get("install", "-qq", "--no-install-recommends", *PACKAGES)
    if SYSTEM_FILE.is_file() and not SYSTEM_FILE.read_text().startswith(MARK):
        raise UnavailableError(f"{SYSTEM_FILE} exists: this machine has a Slurm of its own")


@contextmanager
def running() -> Iterator[None]:
    """munged, slurmctld and slurmd with their state in a temporary folder; stopped at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm-")))
        folder.chmod(0o755)  # munged wants its socket where everyone can reach it
        (folder / "slurm.conf").write_text(_configuration(folder))
        (folder / "munge.key").write_bytes(os.urandom(1024))
        (folder / "munge.key").chmod(0o600)
        SYSTEM_FILE.unlink(missing_ok=True)
        SYSTEM_FILE.parent.mkdir(parents=True, exist_ok=True)
        SYSTEM_FILE.symlink_to(folder / "slurm.conf")
        stack.callback(SYSTEM_FILE.unlink, missing_ok=True)
        munge_files = [
            f"--{name}={folder}/munge.{name.split('-')[0]}"
            for name in ("key-file", "socket", "pid-file", "log-file", "seed-file")
        ]
        _start(stack, folder, "munged", "--foreground", *munge_files)
        _wait_for((folder / "munge.socket").exists)
        _start(stack, folder, "slurmctld", "-D")
        _start(stack, folder, "slurmd", "-D", "-N", "localhost")
        stack.callback(subprocess.run, ["scancel", "--user", "root"], check=False, timeout=60)
        _wait_for(lambda: _ask("sinfo", "--noheader", "--format", "%T") == "idle")
        yield


def jobs(*states: str) -> dict[str, str]:
    """Number → comment of the jobs in these states, array tasks one by one."""
    listed = _ask("squeue", "--array", "-h", "--format", "%i|%k", "--states", ",".join(states))
    return dict(line.split("|", 1) for line in listed.splitlines())


def _start(stack: ExitStack, folder: Path, *command: str) -> None:
    """Start a daemon as a child that `stack` ends."""
    output = stack.enter_context((folder / f"{command[0]}.out").open("w"))
    daemon = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    stack.callback(daemon.wait)
    stack.callback(daemon.terminate)


def _ask(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return answer.stdout.strip()


def _wait_for(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("Slurm did not start")
        time.sleep(0.2)


def _apt_get(*arguments: str) -> None:
    command = ["apt-get", "-y", *arguments]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UnavailableError(f"apt-get {arguments[0]} failed: {last}")


def _configuration(folder: Path) -> str:
    settings = {
        "ClusterName": "test",
        "SlurmctldHost": "localhost",
        "SlurmctldPort": _free_port(),
        "SlurmdPort": _free_port(),
        "AuthInfo": f"socket={folder}/munge.socket",
        "SlurmUser": "root",
        "SlurmdUser": "root",
        "StateSaveLocation": folder,
        "SlurmdSpoolDir": folder,
        "SlurmctldPidFile": folder / "slurmctld.pid",
        "SlurmdPidFile": folder / "slurmd.pid",
        "SlurmctldLogFile": folder / "slurmctld.log",
        "SlurmdLogFile": folder / "slurmd.log",
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "JobAcctGatherType": "jobacct_gather/none",
        "AccountingStorageType": "accounting_storage/none",
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_Core",
        "ReturnToService": 2,
        "SchedulerParameters": "batch_sched_delay=0,sched_interval=2",
    }
    cores = os.cpu_count() or 1
    lines = [f"{name}={value}" for name, value in settings.items()]
    lines += [f"NodeName=localhost CPUs={cores} RealMemory={_memory_mb()} State=UNKNOWN"]
    lines += ["PartitionName=main Nodes=localhost Default=YES MaxTime=INFINITE State=UP"]
    return "\n".join([MARK, *lines, ""])


def _memory_mb() -> int:
    """A little less than there is: a node with less memory than declared is drained."""
    return int(0.9 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])
