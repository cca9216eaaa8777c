"""Where the time of the experiment in the workspace went, by stage, from MLflow's timings: `make bench-overhead`."""

from cdal import params, tracking

WORK = ("training", "scoring", "evaluation")


def main() -> None:
    """Print a row a stage, and the share of the time inside training, scoring or evaluation."""
    rows = tracking.timings(params.load())
    print(f"{'stage':<18}{'seconds':>9}" + "".join(f"{part:>12}" for part in WORK) + f"{'rest':>9}")
    total, inside = 0.0, 0.0
    for row in rows:
        parts = [row["parts"].get(part, 0.0) for part in WORK]
        total, inside = total + row["seconds"], inside + sum(parts)
        name = f"{row['stage']} {row['round']}"
        rest = row["seconds"] - sum(parts)
        print(f"{name:<18}{row['seconds']:>9.1f}" + "".join(f"{part:>12.1f}" for part in parts) + f"{rest:>9.1f}")
    print(f"{inside:.0f} of {total:.0f} s ({inside / total:.0%}) inside training, scoring or evaluation")


if __name__ == "__main__":
    main()
