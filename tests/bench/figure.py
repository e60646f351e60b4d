"""One measured figure, and how rounds become one."""

import os
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of `var/bench.json`: `ratio` is value / baseline, both medians of the same rounds; more is better."""

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float
    how: str

    def as_json(self) -> dict[str, Any]:
        """The figure without its name, which is its key."""
        fields = asdict(self)
        del fields["name"]
        return fields


def figure(name: str, values: list[float], baselines: list[float], *, how: str, unit: str = "1/s") -> Figure:
    """A figure from rounds: medians, rounded to what they can carry."""
    value, baseline = median(values), median(baselines)
    spread = f"median of {len(values)} rounds ({min(values):.4g} to {max(values):.4g}), {os.cpu_count()} CPUs"
    return Figure(
        name=name,
        value=float(f"{value:.4g}"),
        unit=unit,
        baseline=float(f"{baseline:.4g}"),
        ratio=float(f"{value / baseline:.3g}"),
        how=f"{how}; {spread}",
    )
