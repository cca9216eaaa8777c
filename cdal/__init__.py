"""Deep active learning for change detection on bi-temporal imagery."""

import os

# TensorFlow reads it when it is first imported, by whichever module that is
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
