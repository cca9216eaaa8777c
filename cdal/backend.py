"""TensorFlow and Keras, set up once: quiet, and repeatable to the bit. Everything else takes them from here."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

CHATTER = re.compile(rb"^(I0000 |WARNING: All log messages before absl|To enable the following instructions)")


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Hold back what C++ code writes to stderr, and pass on all but TensorFlow's start-up notices.

    No log level reaches these: they are written before the logging is set up.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            lines = [line for line in held if not CHATTER.match(line)]
            os.write(2, b"".join(lines))


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _without_chatter():
    import keras
    import tensorflow as tf
    from keras import layers, ops

# with operations side by side, training is not repeatable to the bit; a network is a chain, so this costs no speed
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.experimental.enable_op_determinism()

__all__ = ["keras", "layers", "ops", "tf"]
