"""The command line that builds the sandbox: who the program is, what it sees, what it may use."""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from trellis.subgraphs.executions.runners.runner import MIB, Limits
from trellis.subgraphs.executions.runners.toolchains import BOX, Toolchain

# Where the files of a run are handed to the sandbox. The program itself gets the first three.
STDIN, STDOUT, STDERR, STATUS, FILTER, SOURCE = range(6)

# Reported by the script below, one letter each.
COMPILES, RUNS, NOT_COMPILED, DISK_FULL = b"c", b"r", b"n", b"d"

COMPILE_SECONDS = 30
COMPILE_BYTES = 768 * MIB
"""Templates of C++ and macros of Rust need more than the programs that they are for."""
_COMPILE_FILES = 64 * MIB
_OPEN_FILES = 128
_STACK_BYTES = 4 * MIB
_HOST_USERS = 61_000
"""Users of the sandboxes where the server is root: ids that Debian and systemd give to nobody."""

# $1 and $2 are the limits of compiling and running, $3 how many commands compile; then those
# commands follow, each behind the number of its words, and the command that runs. The shell stays,
# to say whether the disk was full. Programs can write to the status, too: about themselves.
_SCRIPT = f"""
say() {{ printf %s "$1" >&{STATUS}; }}
compiling=$1 running=$2 commands=$3
shift 3
[ "$commands" = 0 ] || say c
while [ "$commands" -gt 0 ]; do
  words=$1 line=
  shift
  while [ "$words" -gt 0 ]; do line="$line '$1'"; shift; words=$((words - 1)); done
  (exec {STATUS}>&- </dev/null >&2; eval "exec prlimit $compiling -- $line") || {{ say n; exit 1; }}
  commands=$((commands - 1))
done
say r
(exec {STATUS}>&-; exec prlimit $running -- "$@")
code=$?
(echo full? >{BOX}/.space) 2>/dev/null || say d
exit $code
"""


# Where memory runs out, the kernel ends the program, not the server: a program takes what it can
# between two measurements. The sandbox cannot take it back, since its /proc is read-only.
_FIRST_TO_GO = '(echo 1000 >"/proc/$$/oom_score_adj") 2>/dev/null; exec "$@"'


def command_line(toolchain: Toolchain, limits: Limits, slot: int) -> list[str]:
    """What starts the sandbox for a program in the file ``SOURCE``.

    ``slot`` counts the sandboxes of this process that run side by side: where the server is root,
    each has a user of its own.
    """
    binds = toolchain.binds
    hidden = [source for source in binds.values() if not _is_reachable(source)]
    prefix: list[str] = []
    if os.geteuid() == 0:
        if hidden:
            prefix, moved = _unhidden(hidden)
            binds = {place: moved.get(source, source) for place, source in binds.items()}
        user = _HOST_USERS + slot
        prefix += ["/usr/bin/setpriv", f"--reuid={user}", f"--regid={user}"]
        prefix += ["--clear-groups", "--no-new-privs", "--inh-caps=-all"]
    return [
        # Whoever answers requests on this machine comes first.
        *("/usr/bin/nice", "-n", "19"),
        *("/bin/sh", "-c", _FIRST_TO_GO, "sh"),
        *prefix,
        *_bubblewrap(toolchain, binds, limits),
        *("/bin/sh", "-c", _SCRIPT, "sh"),
        *_script_arguments(toolchain, limits),
    ]


def _bubblewrap(toolchain: Toolchain, binds: Mapping[str, str], limits: Limits) -> list[str]:
    size = str(limits.disk_bytes)
    words = [
        # Shells before it have set PWD, which programs could read of the first process.
        *("/usr/bin/env", "-i", "/usr/bin/bwrap"),
        *("--unshare-user", "--disable-userns", "--unshare-all"),
        *("--uid", "65534", "--gid", "65534", "--cap-drop", "ALL", "--hostname", "sandbox"),
        *("--die-with-parent", "--new-session", "--seccomp", str(FILTER)),
        *("--ro-bind", "/usr", "/usr", "--tmpfs", "/usr/local"),
        *("--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib"),
        *("--symlink", "usr/lib64", "/lib64"),
        *("--proc", "/proc", "--dev", "/dev"),
    ]
    for place, source in binds.items():
        words += ["--ro-bind", source, place]
    words += [
        *("--size", size, "--tmpfs", "/dev/shm", "--size", size, "--tmpfs", BOX),
        *("--symlink", BOX.removeprefix("/"), "/tmp"),
        *("--perms", "0644", "--file", str(SOURCE), f"{BOX}/{toolchain.source}"),
        # File systems without a limit of their own, which would be memory that nobody counts; and
        # /proc, by which a process could raise its share of the processor.
        *("--remount-ro", "/usr/local", "--remount-ro", "/dev", "--remount-ro", "/proc"),
        *("--remount-ro", "/", "--chdir", BOX, "--clearenv"),
    ]
    environment = {
        "PATH": "/usr/bin",
        "HOME": BOX,
        "TMPDIR": BOX,
        "LANG": "C.UTF-8",
        **toolchain.environment,
    }
    for name, value in environment.items():
        words += ["--setenv", name, value]
    return [*words, "--"]


def _script_arguments(toolchain: Toolchain, limits: Limits) -> Iterable[str]:
    # A quarter more than is allowed in all: who exceeds it slowly is ended by the one who measures,
    # and who takes it at once is refused by the kernel.
    # Stacks of threads count here with their whole size, whatever is used of them.
    stacks = limits.processes * _STACK_BYTES
    most = limits.memory_bytes + limits.memory_bytes // 4 + stacks + toolchain.more_data
    yield _limits(COMPILE_BYTES, COMPILE_SECONDS, limits.processes, _COMPILE_FILES)
    yield _limits(most, int(limits.seconds) + 1, limits.processes, limits.disk_bytes)
    yield str(len(toolchain.compile))
    for command in toolchain.compile:
        yield str(len(command))
        yield from command
    yield from toolchain.run


def _limits(memory: int, seconds: int, processes: int, file_bytes: int) -> str:
    """Arguments of prlimit. It is called inside, where only the processes of the sandbox count, not
    other processes of the same user outside."""
    return (
        f"--data={memory} --cpu={seconds * 4} --nproc={processes} --fsize={file_bytes} "
        f"--nofile={_OPEN_FILES} --core=0 --memlock=0 --msgqueue=0 "
        f"--stack={_STACK_BYTES}:{64 * MIB}"
    )


def _is_reachable(path: str) -> bool:
    """Whether any user can get there."""
    folders = Path(path).resolve().parents
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _unhidden(hidden: Sequence[str]) -> tuple[list[str], Mapping[str, str]]:
    """A command that shows folders which only root can reach, below /mnt, to the command behind
    it and to nobody else; and where each of them is then."""
    moved = {source: f"/mnt/{number}" for number, source in enumerate(hidden)}
    steps = ["mount -t tmpfs -o size=1m,mode=755 none /mnt"]
    for number, place in enumerate(moved.values(), start=1):
        steps.append(f'mkdir {place} && mount --bind "${{{number}}}" {place}')
    steps.append(f'shift {len(moved)} && exec "$@"')
    shell = ("/bin/sh", "-c", " && ".join(steps), "sh")
    unshare = ("/usr/bin/unshare", "--mount", "--propagation", "private", "--")
    return [*unshare, *shell, *hidden], moved
