"""Throw-away PostgreSQL and Redis servers on loopback, each ended by whoever started it."""

import contextlib
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def free_port() -> int:
    """A TCP port on 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    test: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float, log: Path
) -> None:
    """Poll until ``test`` holds. Raises with the log's end when the process ends or time is up."""
    until = time.monotonic() + seconds
    while not test():
        if process.poll() is not None or time.monotonic() > until:
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise RuntimeError(f"server did not come up (exit {process.poll()}):\n{tail}")
        time.sleep(0.02)


def postgres_program(name: str) -> str | None:
    """Debian keeps the server programs off PATH, by version."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    folders += os.environ.get("PATH", "").split(os.pathsep)
    candidates = (os.path.join(folder, name) for folder in folders)
    return next((path for path in candidates if os.access(path, os.X_OK)), None)


def _scratch_folder(prefix: str) -> Path:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix=prefix, dir=memory))


@contextlib.contextmanager
def throwaway_postgres() -> Iterator[str]:
    """A fresh cluster; yields ``postgresql://trellis@127.0.0.1:<port>/postgres``."""
    initdb, postgres = postgres_program("initdb"), postgres_program("postgres")
    assert initdb and postgres, "no PostgreSQL server programs"
    folder, port = _scratch_folder("pg-"), free_port()
    log = folder / "log"
    uid = gid = None
    if os.geteuid() == 0:  # both programs refuse to run as root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        uid, gid = user.pw_uid, user.pw_gid
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    subprocess.run(
        [initdb, "-D", folder / "data", "-U", "trellis", "-A", "trust", "-E", "UTF8"]
        + ["--locale=C.UTF-8", "-N"],
        check=True,
        env=env,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        user=uid,
        group=gid,
        extra_groups=None if uid is None else [],
    )
    unsafe_but_fast = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
    # Sixteen subgraphs in one process, each with a pool of fifteen.
    settings = (*unsafe_but_fast, "max_connections=500")
    options = [part for setting in settings for part in ("-c", setting)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [postgres, "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port), "-k", folder]
            + options,
            env=env,
            cwd=folder,
            stdout=output,
            stderr=output,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
        )
    try:
        wait_until(lambda: b"ready to accept connections" in log.read_bytes(), process, 30, log)
        yield f"postgresql://trellis@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def throwaway_redis() -> Iterator[str]:
    """An empty server without persistence; yields ``redis://127.0.0.1:<port>/0``."""
    program = shutil.which("redis-server")
    assert program, "no redis-server"
    folder, port = _scratch_folder("redis-"), free_port()
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
            + ["--appendonly", "no", "--dir", str(folder)],
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: b"eady to accept connections" in log.read_bytes(), process, 10, log)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
