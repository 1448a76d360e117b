"""``python -I -m ...``: runs one JavaScript program, which comes as JSON, in a WebAssembly engine.

The engine's memory is what a program has; the limits of the process are for the engine itself.
"""

import asyncio
import json
import sys
from typing import Any

import quickjs_rs
from quickjs_rs import Runtime

try:
    import resource
except ImportError:  # not on Windows, where the engine's own limits are all there are
    resource = None

_ENGINE_BYTES = 256 << 20
# The engine reserves addresses and uses little of them; it checks a stack of this size.
_STACK_BYTES = 256 << 10
_LONGEST_TEXT = 1 << 16

# What programs expect beside the language itself; `readLine` and `input` stand for standard input,
# which is all known beforehand.
_PRELUDE = """
(() => {
  const shown = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return value.stack ? `${value}\\n${value.stack}` : `${value}`;
    if (typeof value === "object" && value !== null) {
      try { return JSON.stringify(value); } catch { return String(value); }
    }
    return String(value);
  };
  const line = (values) => values.map(shown).join(" ") + "\\n";
  const out = globalThis.__out, err = globalThis.__err;
  delete globalThis.__out;
  delete globalThis.__err;
  const log = (...values) => { out(line(values)); };
  const error = (...values) => { err(line(values)); };
  globalThis.console = { log, info: log, debug: log, error, warn: error };
  globalThis.print = log;
  const lines = globalThis.input.split("\\n");
  if (lines[lines.length - 1] === "") lines.pop();
  globalThis.readLine = () => lines.length ? lines.shift() : null;
})()
"""


def say(kind: str, **members: Any) -> None:
    sys.stdout.write(json.dumps({"kind": kind, **members}) + "\n")
    sys.stdout.flush()


def write(stream: str, text: str) -> None:
    for start in range(0, len(text), _LONGEST_TEXT):
        say(stream, text=text[start : start + _LONGEST_TEXT].encode(errors="replace").decode())


def run(given: dict[str, Any]) -> tuple[str, int]:
    """How the program ended, and with which exit code."""
    with (
        Runtime(memory_limit=given["memory"], stack_limit=_STACK_BYTES) as runtime,
        runtime.new_context(timeout=given["seconds"] + 1) as context,
    ):
        context.register("__out", lambda text: write("stdout", str(text)))
        context.register("__err", lambda text: write("stderr", str(text)))
        context.globals["input"] = given["stdin"]
        context.eval(_PRELUDE)
        say("ready")
        return _outcome(context, given["code"], given["seconds"] + 1)


def _outcome(context: quickjs_rs.Context, code: str, seconds: float) -> tuple[str, int]:
    try:
        # What is waited for is done, too. The value of the last expression may be anything;
        # undefined can be handed over.
        asyncio.run(context.eval_async(code + "\n;undefined", filename="main.js", timeout=seconds))
    except quickjs_rs.TimeoutError:
        return "timeout", 1
    except quickjs_rs.MemoryLimitError:
        write("stderr", "JavaScript heap out of memory\n")
        return "memory", 1
    except quickjs_rs.JSError as failed:
        write("stderr", f"{failed}\n{failed.stack or ''}")
        return _kind_of(failed), 1
    except quickjs_rs.DeadlockError:
        return "completed", 0  # it waits for what never comes, as programs of Node may, too
    except Exception:  # the boundary of the program: a trap in the engine, such as a full stack
        write("stderr", "The engine has ended the program.\n")
        return "exit_code", 1
    return "completed", 0


def _kind_of(failed: quickjs_rs.JSError) -> str:
    # Whatever the program throws is data: its attributes are texts, nothing else is looked at.
    return "compilation" if failed.name == "SyntaxError" else "exit_code"


def main() -> None:
    given = json.loads(sys.stdin.readline())
    if resource is not None:
        most = _ENGINE_BYTES + given["memory"]
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    outcome, code = run(given)
    say("end", outcome=outcome, code=code, memory=_memory())


def _memory() -> int:
    if resource is None:
        return 0
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


if __name__ == "__main__":
    main()
