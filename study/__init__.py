"""The study: many DVC experiments out of a plan, and what compare makes of them. `python -m study --help`."""
