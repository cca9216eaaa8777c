"""Commands for people: `python -m cdal --help`."""

import argparse
import importlib
import pkgutil
import sys

from cdal import commands
from cdal.errors import UserError


def main(words: list[str]) -> None:
    """Read the command line and run one command; a UserError is one line on stderr and exit code 1."""
    names = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    wanted = [name for name in names if words[:1] == [name]] or names  # only the command that is called is imported
    parser = argparse.ArgumentParser(prog="python -m cdal", description="Deep active learning for change detection.")
    choices = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in wanted:
        module = importlib.import_module(f"cdal.commands.{name}")
        command = choices.add_parser(name, help=module.HELP, description=module.__doc__)
        module.arguments(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args(words)
    try:
        options.run(options)
    except UserError as error:
        sys.exit(f"cdal: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
