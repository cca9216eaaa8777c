"""One module a command of `python -m cdal`: HELP, `arguments(parser)` and `run(options)`; loaded when it is called."""
