"""``python -m tests.mutants``: see ``make mutants`` and docs/decisions/0040."""

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.mutants import report
from tests.mutants.equivalents import Equivalents
from tests.mutants.find import Mutant, changes_program, find_mutants
from tests.mutants.results import Result, Results
from tests.mutants.running import record, try_all
from tests.mutants.sampling import sampled
from tests.mutants.settings import Group, Settings, mirror_distance
from tests.mutants.source import Source
from tests.mutants.tests_map import TestsMap
from tests.mutants.trying import Trust, Tryer
from tests.mutants.workshop import Workshop
from tests.support import servers

HERE = Path(__file__).parent


def main() -> int:
    """0 when every group has its share of killed mutants, 1 when not."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # so that everything started is ended
    root = options.root.resolve()
    settings = Settings.load(root, options.settings)
    groups = settings.source_files()
    sources = {n: Source(n, (root / n).read_text(encoding="utf-8")) for n in groups}
    everything = {name: find_mutants(source) for name, source in sources.items()}
    equivalents = Equivalents.load(options.settings.with_name("equivalents.toml"))
    for key in equivalents.stale(m for found in everything.values() for m in found):
        say(f"this known equivalent is not there any more: {' '.join(key[:3])}")
    chosen = _chosen(options, everything, sources, groups)
    if options.list:
        for mutant in chosen:
            say(f"{mutant.file}:{mutant.line} [{mutant.edit.operator}] {mutant.after.strip()}")
        return 0
    results = _results(options, settings, sources, chosen, equivalents)
    for line in (*report.survivors(results, groups), "", *report.table(results, groups)):
        say(line)
    missed = report.misses(results, groups)
    if len(results) < len(chosen):
        say(f"stopped by --minutes: {len(chosen) - len(results)} mutants were not tried")
    if missed:
        say(f"too many left: {', '.join(missed)}")
    return 1 if missed else 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants ARGS='...'", description=__doc__)
    parser.add_argument("--sample", type=int, default=200, metavar="N", help="how many (200)")
    parser.add_argument("--all", action="store_true", help="all that there are")
    parser.add_argument("--module", action="append", metavar="PATH", help="a group, file or folder")
    parser.add_argument("--line", action="append", metavar="FILE:LINE", help="all of these lines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=24 * 60, help="stop after so many")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=20, help="CPU seconds of tests per mutant")
    parser.add_argument("--near", type=int, help="only tests so many folders from the mirrored one")
    parser.add_argument("--recorded", action="store_true", help="record nothing, use what is there")
    parser.add_argument("--retry", action="store_true", help="ask again about those that are left")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--list", action="store_true", help="list the mutants, try none")
    parser.add_argument("--root", type=Path, default=HERE.parents[1], help=argparse.SUPPRESS)
    default = HERE / "mutants.toml"
    parser.add_argument("--settings", type=Path, default=default, help=argparse.SUPPRESS)
    return parser.parse_args()


def _chosen(
    options: argparse.Namespace,
    everything: Mapping[str, Sequence[Mutant]],
    sources: Mapping[str, Source],
    groups: Mapping[str, Group],
) -> list[Mutant]:
    if options.line:
        places = [line.rpartition(":") for line in options.line]
        return [
            mutant
            for file, _, line in places
            for mutant in everything[file]
            if mutant.first_line <= int(line) <= mutant.last_line
            and changes_program(sources[file], mutant.edit)
        ]
    wanted = {
        name: found
        for name, found in everything.items()
        if not options.module
        or any(
            module == groups[name].name or f"{name}/".startswith(f"{module.rstrip('/')}/")
            for module in options.module
        )
    }
    total = sum(map(len, wanted.values()))
    if not total:
        raise SystemExit("there is nothing to mutate in that")
    return sampled(wanted, sources, total if options.all else options.sample, options.seed)


def _results(
    options: argparse.Namespace,
    settings: Settings,
    sources: Mapping[str, Source],
    chosen: Sequence[Mutant],
    equivalents: Equivalents,
) -> list[Result]:
    folder = settings.root / ".mutants"
    folder.mkdir(exist_ok=True)
    if options.fresh:
        (folder / "results.jsonl").unlink(missing_ok=True)
    results = Results(folder / "results.jsonl")
    tests_map = TestsMap(folder / "map", settings.root)
    until = time.monotonic() + 60 * options.minutes
    files = _test_files(options, settings, chosen)
    with _postgres(settings.needs_postgres) as environment:
        missing = _nearest_first(tests_map.missing(files), sources)
        if options.recorded:
            files = [name for name in files if name not in missing]
        elif missing:
            with _workshops(settings, environment, options.workers, missing) as workshops:
                record(workshops, tests_map, missing, list(sources))
        tests_map.load(files)
        if unusable := tests_map.unusable():
            (folder / "not_asked.txt").write_text("\n".join([*unusable, ""]))
            say(f"{len(unusable)} tests fail or are skipped as things are: .mutants/not_asked.txt")
        tryer = Tryer(settings, tests_map, results, trust := Trust(), options.budget)
        known = (_known(m, tryer, equivalents, retry=options.retry) for m in chosen)
        found = [result for result in known if result is not None]
        ids = {result.id for result in found}
        left = [mutant for mutant in chosen if mutant.id not in ids]
        if left:
            with _workshops(settings, environment, options.workers, files) as workshops:
                found += try_all(workshops, tryer, results, left, sources, until)
    for test in sorted(trust.doubted):
        say(f"failed without any mutant, so it was not asked again: {test}")
    return found


def _known(mutant: Mutant, tryer: Tryer, equivalents: Equivalents, *, retry: bool) -> Result | None:
    reason = equivalents.reason(mutant)
    if reason is None:
        return tryer.known(mutant, retry=retry)
    place = (mutant.id, mutant.file, mutant.line, mutant.function, mutant.edit.operator)
    return Result(*place, mutant.before, mutant.after, "equivalent", reason=reason)


def _nearest_first(test_files: Sequence[str], sources: Iterable[str]) -> list[str]:
    """Those that tell most come first: recording can be interrupted."""
    folders = {str(Path(name).parent / "m.py") for name in sources}
    return sorted(test_files, key=lambda t: (min(mirror_distance(f, t) for f in folders), t))


def _test_files(
    options: argparse.Namespace, settings: Settings, chosen: Sequence[Mutant]
) -> list[str]:
    files = settings.test_files()
    if options.near is None:
        return files
    sources = {mutant.file for mutant in chosen}
    groups = settings.source_files()
    last = {name for source in sources for name in groups[source].finally_ask}
    return [
        t for t in files if t in last or any(mirror_distance(s, t) <= options.near for s in sources)
    ]


@contextlib.contextmanager
def _postgres(is_needed: bool) -> Iterator[dict[str, str]]:
    if not is_needed or servers.postgres_program("postgres") is None:
        yield {}
        return
    with servers.throwaway_postgres() as url:
        yield {"TRELLIS_TEST_POSTGRES": url}


@contextlib.contextmanager
def _workshops(
    settings: Settings, environment: dict[str, str], count: int, test_files: Sequence[str]
) -> Iterator[list[Workshop]]:
    with contextlib.ExitStack() as stack:
        workshops = []
        for number in range(count):
            # The name of the process's database is made of this.
            own = {**environment, "PYTEST_XDIST_WORKER": f"mutants{number}"}
            workshop = Workshop(settings.root, str(number), own, test_files)
            stack.callback(workshop.close)
            workshops.append(workshop)
        yield workshops


if __name__ == "__main__":
    sys.exit(main())
