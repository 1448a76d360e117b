"""How each language is compiled and run inside the sandbox, and what this machine has for it."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners.go_library import GoLibrary
from trellis.subgraphs.executions.runners.runner import MIB

BOX = "/box"
"""The folder of the program inside the sandbox, which is all that it can write to."""
_TOOLS = "/opt"
_PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Toolchain:
    """``compile`` are command lines to be run one after the other before ``run``. ``binds`` are
    folders and files of this machine by their place inside, beside /usr.

    ``more_data`` is what the runtime itself allocates beside the memory of the program.
    ``memory_signs`` is what a program that finds no memory writes to stderr, ``compile_signs``
    what tells that it was never compiled. ``prepare`` is called in a thread before each run; it
    may take long the first time.
    """

    version: str
    source: str
    run: tuple[str, ...]
    compile: tuple[tuple[str, ...], ...] = ()
    binds: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    more_data: int = 0
    memory_signs: tuple[bytes, ...] = ()
    compile_signs: tuple[bytes, ...] = ()
    prepare: Callable[[], None] | None = None


class NoToolchain(Exception):
    """The machine cannot run the language; the message says what is missing."""


def find_toolchain(language: Language, cache: Path) -> Toolchain:
    """What this machine has for the language. ``cache`` is a folder for what is prepared once.
    Starts processes. Raises ``NoToolchain``."""
    return _FINDERS[language](cache)


def _python(_cache: Path) -> Toolchain:
    command = _under_usr("python3")
    # Isolated: no environment, no user's packages, the program's folder not on the path. UTF-8
    # mode, since the sandbox has no locale.
    run = (command, "-I", "-B", "-X", "utf8", f"{BOX}/main.py")
    signs = (b"MemoryError",)
    return Toolchain(_version(command, "--version"), "main.py", run, memory_signs=signs)


def _javascript(_cache: Path) -> Toolchain:
    command = _under_usr("node")
    run = (command, "--max-old-space-size=160", f"{BOX}/main.js")
    return Toolchain(
        _version(command, "--version"),
        "main.js",
        run,
        more_data=256 * MIB,
        memory_signs=(b"heap out of memory", b"Array buffer allocation failed"),
    )


def _java(_cache: Path) -> Toolchain:
    command = os.path.realpath(_under_usr("java"))
    home = Path(command).parent.parent
    if not (home / "lib" / "jrt-fs.jar").exists() or not shutil.which("javac"):
        raise NoToolchain("there is no JDK")
    # The launcher compiles the source by itself, so one virtual machine is started and not two.
    flags = (
        "-Xmx144m",
        "-Xss1m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-XX:ReservedCodeCacheSize=32m",
        "-XX:MaxMetaspaceSize=96m",
        "-XX:CompressedClassSpaceSize=48m",
        f"-XX:ErrorFile={BOX}/crash.log",
        f"-Djava.io.tmpdir={BOX}",
    )
    return Toolchain(
        _version(command, "-version"),
        "Main.java",
        (command, *flags, f"{BOX}/Main.java"),
        # Debian keeps the configuration of its JDKs there, behind links.
        binds={place: place for place in _folders("/etc", "java-*-openjdk")},
        more_data=256 * MIB,
        memory_signs=(b"OutOfMemoryError", b"insufficient memory for the Java Runtime"),
        compile_signs=(b"error: compilation failed", b"error: no class declared in source file"),
    )


def _go(cache: Path) -> Toolchain:
    command = shutil.which("go")
    if command is None:
        raise NoToolchain("go is not installed")
    names = ("GOVERSION", "GOHOSTOS", "GOHOSTARCH", "GOROOT")
    version, system, machine, root = _output(command, "env", *names).splitlines()
    library = GoLibrary(command, cache / f"{version}-{machine}", f"{_TOOLS}/go-library")
    tools, imports = f"{_TOOLS}/go/pkg/tool/{system}_{machine}", f"{library.seen_at}/imports"
    # The steps of `go build`, without its cache, which it has to write to.
    compiler = (f"{tools}/compile", "-p", "main", "-importcfg", imports, "-o")
    linker = (f"{tools}/link", "-importcfg", imports, "-s", "-w", "-o")
    return Toolchain(
        version.removeprefix("go"),
        "main.go",
        (f"{BOX}/main",),
        (
            (*compiler, f"{BOX}/main.o", f"{BOX}/main.go"),
            (*linker, f"{BOX}/main", f"{BOX}/main.o"),
        ),
        {f"{_TOOLS}/go": root, library.seen_at: str(library.folder)},
        environment={"GOMEMLIMIT": "200MiB", "GOTRACEBACK": "single"},
        more_data=64 * MIB,
        memory_signs=(b"out of memory", b"cannot allocate memory"),
        prepare=library.prepare,
    )


def _cpp(_cache: Path) -> Toolchain:
    command = _under_usr("g++")
    return Toolchain(
        _version(command, "-dumpfullversion"),
        "main.cpp",
        (f"{BOX}/main",),
        ((command, "-std=c++20", "-O1", "-pipe", "-o", f"{BOX}/main", f"{BOX}/main.cpp"),),
        memory_signs=(b"std::bad_alloc",),
    )


def _rust(_cache: Path) -> Toolchain:
    command, linker = shutil.which("rustc"), _under_usr("gcc")
    if command is None:
        raise NoToolchain("rustc is not installed")
    root = _output(command, "--print", "sysroot")
    options = ("--edition", "2021", "-C", "opt-level=1", "-C", f"linker={linker}")
    compiler = (f"{_TOOLS}/rust/bin/rustc", *options, "-o", f"{BOX}/main", f"{BOX}/main.rs")
    return Toolchain(
        _version(command, "--version"),
        "main.rs",
        (f"{BOX}/main",),
        (compiler,),
        {f"{_TOOLS}/rust": root},
        memory_signs=(b"memory allocation of",),
    )


_FINDERS: Mapping[Language, Callable[[Path], Toolchain]] = {
    Language.PYTHON: _python,
    Language.JAVASCRIPT: _javascript,
    Language.JAVA: _java,
    Language.GO: _go,
    Language.CPP: _cpp,
    Language.RUST: _rust,
}


def _under_usr(name: str) -> str:
    """Where a command is below /usr, which is what the sandbox sees of this machine; /usr/local is
    left out of it. Links into /etc, where alternatives are, lead nowhere inside."""
    path = f"/usr/bin/{name}"
    if not os.access(path, os.X_OK):
        raise NoToolchain(f"{name} is not installed")
    found = os.path.realpath(path)
    if not found.startswith("/usr/") or found.startswith("/usr/local/"):
        raise NoToolchain(f"{name} is not installed below /usr")
    return found


def _folders(parent: str, pattern: str) -> list[str]:
    return [str(path) for path in Path(parent).glob(pattern)]


def _version(*command: str) -> str:
    """The first thing that looks like a version in what the command prints."""
    found = re.search(r"\d+\.\d+[\w.+-]*", _output(*command))
    if found is None:
        raise NoToolchain(f"{command[0]} does not tell its version")
    return found[0]


def _output(*command: str) -> str:
    try:
        done = subprocess.run(
            command,
            check=True,
            timeout=_PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except (OSError, subprocess.SubprocessError) as failed:
        raise NoToolchain(f"{Path(command[0]).name} does not work") from failed
    return done.stdout.decode(errors="replace").strip()
