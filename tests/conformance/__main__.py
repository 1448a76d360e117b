"""``python -m tests.conformance [KIND ...] [--only TEXT ...] [--pairs N]``: all figures, and what
is wrong by name; 1 when one is below its expectation.

Kinds are field, audit, composition, plan, real, planning and random; without any all are run, those
that take long at the end. Texts choose cases whose name contains one of them.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.conformance.audit_runner import audit_figures
from tests.conformance.composition_runner import composition_figure
from tests.conformance.field_cases_runner import field_cases_figure
from tests.conformance.figures import Figure
from tests.conformance.plan_cases_runner import plan_cases_figure
from tests.conformance.planning_cost import has_node, planning_figure
from tests.conformance.random_pairs_figure import PAIRS, random_pairs_figure
from tests.conformance.real_graphs_figures import real_graphs_figures
from tests.support.shared import SHARED, find_shared

Options = argparse.Namespace


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    is_met = True
    for kind in options.kinds or KINDS:
        _progress(kind)
        for figure in KINDS[kind](options):
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
            is_met &= figure.is_met
    return 0 if is_met else 1


def _options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="tests.conformance", description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND")
    parser.add_argument("--only", nargs="+", default=(), metavar="TEXT")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="random pairs to compare")
    return parser.parse_args(arguments)


def _progress(text: str) -> None:
    sys.stderr.write(f"... {text}\n")


def _field(options: Options) -> Iterator[Figure]:
    yield from _with("field_cases", lambda folder: [field_cases_figure(folder, options.only)])


def _audit(options: Options) -> Iterator[Figure]:
    yield from _with("federation_audit", audit_figures)


def _composition(options: Options) -> Iterator[Figure]:
    yield from _with("composition_cases", lambda folder: [composition_figure(folder, options.only)])


def _plan(options: Options) -> Iterator[Figure]:
    for composed in (False, True):
        yield from _with(
            "plan_cases",
            lambda folder, c=composed: [plan_cases_figure(folder, options.only, composed=c)],
        )


def _real(options: Options) -> Iterator[Figure]:
    yield from _with(
        "real_graphs",
        lambda folder: real_graphs_figures(
            folder, folder.parent / "plan_cases", options.only, _progress
        ),
    )


def _planning(options: Options) -> Iterator[Figure]:
    if has_node():
        yield from _with("real_graphs", lambda folder: [planning_figure(folder)])
    else:
        sys.stdout.write("not measured: cold planning: Node.js is not installed\n")


def _random(options: Options) -> Iterator[Figure]:
    yield random_pairs_figure(options.pairs, _progress)


def _with(name: str, figures: Callable[[Path], Sequence[Figure]]) -> Iterator[Figure]:
    """The figures about a folder of the test data, where there is one."""
    folder = find_shared(name)
    if folder is None:
        sys.stdout.write(f"not counted: no {name} in {SHARED}; set TRELLIS_TEST_DATA\n")
    else:
        yield from figures(folder)


KINDS: dict[str, Callable[[Options], Iterator[Figure]]] = {
    "field": _field,
    "audit": _audit,
    "composition": _composition,
    "plan": _plan,
    "real": _real,
    "planning": _planning,
    "random": _random,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
