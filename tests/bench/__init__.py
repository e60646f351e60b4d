"""`make bench`: one run that measures every figure against its baseline and writes `var/bench.json` (docs/benchmarks.md).

A figure is a module in `figures/`: add a file with a `measure(bench)` and it is part of the next run.
"""
