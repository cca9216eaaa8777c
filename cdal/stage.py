"""How every stage script begins and ends."""

import sys
from collections.abc import Callable

from cdal import params
from cdal.errors import UserError
from cdal.params import Params


def run(main: Callable[[Params], None]) -> None:
    """Load params.yaml, call `main`; a UserError becomes one line on stderr and exit code 1."""
    try:
        main(params.load())
    except UserError as error:
        sys.exit(f"cdal: {error}")
