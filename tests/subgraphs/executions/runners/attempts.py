"""The attempts of ``escapes.toml`` as programs: those of one language become one program, which
makes every attempt and says for each of them what came of it."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trellis.subgraphs.executions.languages import Language

_FILE = Path(__file__).with_name("escapes.toml")
FOUND = "FOUND"
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Attempt:
    """``code`` yields whether something was found that is not there for programs; failing is
    finding nothing. A ``program`` stands alone, and finds something if it prints so."""

    name: str
    language: Language
    code: str
    is_program: bool


def attempts() -> list[Attempt]:
    read = tomllib.loads(_FILE.read_text("utf-8"))
    return [
        Attempt(name, Language(language), code.strip("\n"), is_program=kind == "programs")
        for kind in ("attempts", "programs")
        for language, by_name in read[kind].items()
        for name, code in by_name.items()
    ]


# Each attempt is made in a process of its own: some of them end it.
_PYTHON = """
import ctypes, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    result = libc.syscall(*map(ctypes.c_long, args))
    return result >= 0
for name, code in json_attempts.items():
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            scope = {"call": call, "libc": libc, "os": os, "socket": socket, "ctypes": ctypes}
            exec(code, scope)
            os._exit(1 if scope.get("found") else 0)
        except BaseException:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    print(name, "FOUND" if os.waitstatus_to_exitcode(status) == 1 else "nothing")
"""
_JAVASCRIPT = """
const attempts = {%s};
for (const [name, attempt] of Object.entries(attempts)) {
  let found = false;
  try { found = Boolean(attempt()); } catch {}
  console.log(name, found ? "FOUND" : "nothing");
}
"""


def program_of(language: Language, made: Sequence[Attempt]) -> str:
    """A program that makes these attempts, and prints a line for each."""
    codes: Mapping[str, str] = {one.name: one.code for one in made}
    if language is Language.PYTHON:
        return f"import json\njson_attempts = json.loads({json.dumps(json.dumps(codes))})" + _PYTHON
    if language is Language.JAVASCRIPT:
        functions = (f"{json.dumps(name)}: () => {{ {code} }}" for name, code in codes.items())
        return _JAVASCRIPT % ",\n".join(functions)
    raise KeyError(language)


def verdicts(stdout: str) -> dict[str, str]:
    """What came of each attempt, by its name."""
    return dict(line.rsplit(" ", 1) for line in stdout.splitlines())  # type: ignore[arg-type]
