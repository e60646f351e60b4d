"""One module per figure: `measure(bench)` returns it. The order of a run is that of the names."""
