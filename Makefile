# make experiment | test | ui | lint | bench | bench-overhead | study | pictures | screenshots
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
INSTALLED := $(VENV)/.installed

.PHONY: experiment test lint ui bench bench-overhead study pictures screenshots

experiment: $(INSTALLED)
	dvc repro
	@python -m cdal curve
	@echo "The whole story: report/report.html; all runs: make ui"

test: $(INSTALLED)
	python -m pytest -n 2 --dist loadfile

lint: $(INSTALLED)
	ruff check .
	ruff format --check .
	mypy

ui: $(INSTALLED)
	python -m cdal ui

bench: $(INSTALLED)
	python -m benchmarks

bench-overhead: $(INSTALLED)
	python -m benchmarks.overhead

study: $(INSTALLED)  # hours; Ctrl-C and again: it goes on. A part: python -m study --help
	python -m study city

pictures: $(INSTALLED)
	python -m docs.make_pictures

screenshots: $(INSTALLED)  # needs a browser: apt-get install chromium
	python -m docs.take_screenshots

$(INSTALLED): requirements.txt
	python3.11 -m venv $(VENV)
	python -m pip install --quiet --requirement requirements.txt
	touch $@
