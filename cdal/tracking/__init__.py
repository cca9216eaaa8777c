"""MLflow, the only place that knows it; stages alone import this package."""

from cdal.tracking.mirror import mirror, mirrored, set_mirrored, timings
from cdal.tracking.runs import Child, stage

__all__ = ["Child", "mirror", "mirrored", "set_mirrored", "stage", "timings"]
