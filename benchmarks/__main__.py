"""`python -m benchmarks`: run, print the table, keep the results.

In: the command line. Out: the table of ratios on standard output, the whole report as JSON and Markdown
under benchmarks/results. Exit code 1 where a bar is missed and `--strict` was given.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import plan, report
from benchmarks.hub import ROOT

RESULTS = ROOT / "benchmarks" / "results"
#: Where files beside the repository are looked for.
SHARED = Path(os.environ.get("BENCH_SHARED_DIR") or ROOT.parent / "shared")
_QUICK = 100_000


def main() -> int:
    """Run the benchmark; return the exit code."""
    given = _arguments()
    # So that whoever ends it leaves nothing running and nothing on disk.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended before it was done."))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="lrs-hub-bench-", dir=given.folder))
    folder.chmod(0o755)  # the database may run under another account
    # A large store is compared with one of 100,000 statements, a small one with a fifth of it.
    base = given.base or (_QUICK if given.statements > 2 * _QUICK else max(1_000, given.statements // 5))
    options = plan.Options(
        statements=given.statements,
        base=min(base, given.statements),
        rounds=given.rounds,
        seconds=given.seconds,
        samples=given.samples,
        workers=given.workers,
        folder=folder,
        port=given.port,
        with_worker=given.with_worker,
        statements_file=_if_there(given.statements_file, SHARED / "data" / "moodle_statements.json"),
        row_floor=_if_there(given.row_floor, SHARED / "bench" / "per_row_sql_floor.py"),
    )
    try:
        found = plan.run(options)
    finally:
        if given.keep:
            print(f"The data folder is kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    path = report.save(found, RESULTS, f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{options.statements}")
    print(report.markdown(found))
    print(f"Kept as {path.relative_to(ROOT)} and .json", file=sys.stderr)
    missed = any(row.verdict == "MISSED" for row in found.rows)
    return 1 if missed and given.strict else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--statements", type=int, default=_QUICK, help="size of the large store (100,000)")
    parser.add_argument("--base", type=int, default=0, help="size of the small store it is compared with")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds of system and floors (3)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each part of a round (4)")
    parser.add_argument("--samples", type=int, default=200, help="requests for each shape of query (200)")
    parser.add_argument("--workers", type=int, default=100_000, help="workers in the roster (100,000)")
    parser.add_argument("--folder", type=Path, help="where the data folder is made (the system's temporary)")
    parser.add_argument("--port", type=int, default=0, help="port of the hub under test (any free one)")
    parser.add_argument("--keep", action="store_true", help="keep the data folder")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a bar is missed")
    parser.add_argument("--with-worker", action="store_true", help="run Celery's worker and beat meanwhile")
    parser.add_argument("--statements-file", type=Path, help="JSON array of a real system's statements")
    parser.add_argument("--row-floor", type=Path, help="the row-at-a-time store, a Python program")
    return parser.parse_args()


def _if_there(given: Path | None, usual: Path) -> Path | None:
    """Return the path that was given, or the usual one where there is something."""
    if given is not None:
        if not given.is_file():
            raise SystemExit(f"{given} is not a file.")
        return given
    return usual if usual.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
