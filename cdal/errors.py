"""The error that a user can mend."""


class UserError(Exception):
    """Wrong input or parameters: one line that says what was found, what was expected and what to do.

    Stages print it without a traceback and exit with code 1.
    """
