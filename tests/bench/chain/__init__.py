"""The whole hub under measurement: gateway → translate → inspections → deliver → a receiver's topic.

`python -m tests.bench.chain --help`; `README.md` beside this file says what is measured and how to read it.
"""
