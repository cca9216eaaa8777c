"""Digests of files: whether anything changed."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def of(paths: Iterable[Path], text: str = "") -> str:
    """SHA-256 (hex) over a text and the contents of the files, in order; a missing file counts as empty."""
    found = hashlib.sha256(text.encode())
    for path in paths:
        content = path.read_bytes() if path.is_file() else b""
        found.update(len(content).to_bytes(8, "little") + content)
    return found.hexdigest()
