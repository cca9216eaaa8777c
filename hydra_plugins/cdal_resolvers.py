"""OmegaConf resolvers for conf/compose.yaml; Hydra finds every module in a folder called hydra_plugins by itself."""

import sys
from pathlib import Path

from omegaconf import DictConfig, ListConfig, OmegaConf

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cdal import params  # noqa: E402
from cdal.flow import flow  # noqa: E402


def _unroll(iterations: int) -> DictConfig:
    return OmegaConf.create(params.unroll(iterations))


def _flow(oracle: str, iterations: int) -> DictConfig:
    return OmegaConf.create(flow(oracle, iterations))


def _generators(path: str) -> ListConfig:
    return OmegaConf.create(params.generators(path))


OmegaConf.register_new_resolver("repo_root", lambda: str(ROOT), replace=True)
OmegaConf.register_new_resolver("unroll", _unroll, replace=True)
OmegaConf.register_new_resolver("flow", _flow, replace=True)
OmegaConf.register_new_resolver("last_round", params.last_round, replace=True)
OmegaConf.register_new_resolver("network_count", params.network_count, replace=True)
OmegaConf.register_new_resolver("generators", _generators, replace=True)
