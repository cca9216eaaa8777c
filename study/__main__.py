"""`python -m study`: run a plan as DVC experiments, several at a time, and write down what came out.

Begins where it was stopped: what is finished is skipped, what failed is tried once more. Ctrl-C stops it. What came out
is kept in study/results: committed, it goes on from there on another machine as long as the code is the same. On a
processor of another kind an arm begins with a network that was rounded otherwise, which `compare` tells.
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from cdal.errors import UserError
from cdal.tracking import processor
from study import plan, queue, results, running, weights, writing

PLANS = Path(__file__).parent / "plans.yaml"


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m study", description=__doc__)
    add = parser.add_argument
    add("plan", nargs="?", default="city", help="a plan of the file (%(default)s)")
    add("--file", type=Path, default=PLANS, help="plans (study/plans.yaml)")
    add("--arms", type=names, default=[], metavar="ARM,...", help="only these, such as Random,MCBN or MCBN-BALD-top")
    add("--seeds", type=_numbers, default=[], metavar="N,...", help="these instead of the plan's")
    add("--jobs", type=int, default=2, metavar="N", help="experiments at a time, each on one core (%(default)s)")
    add("--keep-weights", action="store_true", help="keep the networks of all rounds in DVC's cache, not the first's")
    add("--list", action="store_true", help="print the experiments and what they set, and run nothing")
    add("--compare", action="store_true", help="only write what the finished experiments give")
    return parser.parse_args(words)


def main(options: argparse.Namespace) -> int:
    """Run it; the exit code is 1 if an experiment failed."""
    plans = plan.read(options.file)
    if options.plan not in plans:
        raise UserError(f"no plan is called {options.plan} in {options.file}, expected one of {', '.join(plans)}")
    chosen = plans[options.plan]
    jobs = chosen.jobs(options.arms, options.seeds)
    if options.list:
        print("\n".join(f"{job.name}: {' '.join(job.overrides)}" for job in jobs))
        return 0
    failed: dict[str, str] = {}
    if not options.compare:
        state = _run(chosen, jobs, options)
        failed = state.failed
        if state.waiting or state.queued:
            print(f"stopped, {state.line()}; the same command goes on from here")
            return 130
    results.update(chosen)
    print(writing.write(chosen, failed))
    return 1 if failed else 0


def _run(chosen: plan.Plan, jobs: list[plan.Job], options: argparse.Namespace) -> running.Progress:
    queue.check_clean()
    after = (lambda name: None) if options.keep_weights else weights.drop
    kept = results.finished(chosen, jobs)
    others = results.elsewhere(chosen)
    if others and len(kept) < len(jobs):
        _say(
            f"this machine is {processor.kind()}, what is kept ran on {' and '.join(others)}: networks begin rounded "
            "otherwise here, so compare them with arms that ran here too (docs/study.md, How alike are pairs?)"
        )
    state = running.run(jobs, kept=kept, at_a_time=options.jobs, say=_say, after=after)
    for name, why in state.failed.items():
        print(f"failed: {name}: {why} (all of it: dvc queue logs {name})")
    if (state.waiting or state.queued) and state.done:
        results.update(chosen)
    return state


def _say(text: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {text}", flush=True)


def names(text: str) -> list[str]:
    """What is listed with commas between."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _numbers(text: str) -> list[int]:
    return [int(word) for word in names(text)]


if __name__ == "__main__":
    try:
        sys.exit(main(arguments(sys.argv[1:])))
    except UserError as error:
        sys.exit(f"cdal: {error}")
