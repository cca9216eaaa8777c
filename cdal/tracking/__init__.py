"""MLflow, the only place that knows it; stages and commands alone import this package."""

from cdal.tracking.mirror import mirror, mirrored, set_mirrored, timings
from cdal.tracking.registry import register
from cdal.tracking.runs import Child, stage
from cdal.tracking.store import is_server, uri
from cdal.tracking.view import views

__all__ = [
    "Child", "is_server", "mirror", "mirrored", "register", "set_mirrored", "stage", "timings", "uri", "views",
]  # fmt: skip
