"""Processor, memory, disk, network and GPU while a stage runs, on the run's page under `System metrics`."""

from collections.abc import Iterator
from contextlib import contextmanager

INTERVAL = 5.0
"""Seconds between samples; a stage that is over before the first has none."""


@contextmanager
def monitored(run: str) -> Iterator[None]:
    """Log system metrics of this machine to the run until the block ends."""
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    monitor = SystemMetricsMonitor(run, sampling_interval=INTERVAL)
    monitor.start()
    try:
        yield
    finally:
        monitor.finish()
