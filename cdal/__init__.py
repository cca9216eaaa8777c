"""Deep active learning for change detection on bi-temporal imagery."""

import time

STARTED = time.perf_counter()
"""When this process began, as near as makes no difference: stages count their imports as their own time."""
