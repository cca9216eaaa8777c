"""What is to be run: a plan of arms and seeds, as named DVC experiments."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cdal.errors import UserError
from cdal.reproduce import hydra

Settings = Mapping[str, Any]
KEYS = {"title", "seeds", "common", "arms", "compare"}


@dataclass(frozen=True)
class Job:
    """One DVC experiment: its name, arm and seed, and the overrides of `dvc exp run -S`."""

    name: str
    arm: str
    seed: int
    overrides: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """name: also the MLflow experiment's, with `study-` before it. arms: parameters by name of the arm."""

    name: str
    title: str
    seeds: tuple[int, ...]
    arms: Mapping[str, Settings]
    compare: tuple[str, ...]

    @property
    def experiment(self) -> str:
        """The MLflow experiment that holds the plan's runs."""
        return f"study-{self.name}"

    def jobs(self, arms: Sequence[str] = (), seeds: Sequence[int] = ()) -> list[Job]:
        """Experiments of the chosen arms and seeds (of all if there are none), in the order in which to run them.

        arms: names; what is no arm's name means all that begin with it and a `-`. Two seeds at a time take turns:
        experiments that run side by side then never do the same work twice, and all arms grow together. Raises
        UserError for an unknown arm.
        """
        chosen = _chosen(list(self.arms), arms)
        wanted = tuple(seeds) or self.seeds
        return [
            self._job(arm, seed)
            for start in range(0, len(wanted), 2)
            for arm in chosen
            for seed in wanted[start : start + 2]
        ]

    def _job(self, arm: str, seed: int) -> Job:
        settings = {**self.arms[arm], "seed": seed, "tracking.experiment": self.experiment, "tracking.models": "none"}
        overrides = tuple(f"{key}={hydra(value)}" for key, value in settings.items())
        return Job(f"study-{self.name}-{arm}-s{seed}", arm, seed, overrides)


def read(path: Path) -> dict[str, Plan]:
    """The plans of a file by name. Raises UserError for a file that is no such thing."""
    try:
        raw = yaml.safe_load(path.read_text())
        return {name: _plan(name, found) for name, found in raw.items()}
    except FileNotFoundError:
        raise UserError(f"{path} not found, expected a file like study/plans.yaml") from None
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no list of plans ({' '.join(str(error).split())}); see study/plans.yaml") from None


def _plan(name: str, raw: Mapping[str, Any]) -> Plan:
    if unknown := set(raw) - KEYS:
        raise UserError(f"plan {name} has {', '.join(sorted(unknown))}, expected only {', '.join(sorted(KEYS))}")
    arms: dict[str, Settings] = {}
    for settings in itertools.chain.from_iterable(map(_combinations, raw["arms"])):
        arm = settings.pop("name", None) or _name(settings)
        if arm in arms:
            raise UserError(f"plan {name}: two arms are called {arm}; give one a name")
        arms[arm] = {**raw.get("common", {}), **settings}
    return Plan(name, raw["title"], tuple(raw["seeds"]), arms, tuple(raw.get("compare", ())))


def _combinations(settings: Settings) -> Iterator[dict[str, Any]]:
    """One set of parameters for every combination of the values that are lists."""
    choices = [value if isinstance(value, list) else [value] for value in settings.values()]
    return (dict(zip(settings, values, strict=True)) for values in itertools.product(*choices))


def _name(settings: Settings) -> str:
    return re.sub(r"[^\w.]+", "-", "-".join(map(str, settings.values()))).strip("-")


def _chosen(known: Sequence[str], wanted: Sequence[str]) -> list[str]:
    def meant(arm: str, name: str) -> bool:
        return arm == name or (name not in known and arm.startswith(f"{name}-"))

    for name in wanted:
        if not any(meant(arm, name) for arm in known):
            raise UserError(f"no arm is called {name}, expected some of {', '.join(known)}")
    return [arm for arm in known if not wanted or any(meant(arm, name) for name in wanted)]
