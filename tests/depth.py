"""How far property tests look. Without a word the same examples each time; `HYPOTHESIS_PROFILE=deep` ten times as many, new ones.

A failure of the deep profile prints the line (`@reproduce_failure`) that brings it back.
"""

import os

from hypothesis import HealthCheck, settings

IS_DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"

# For every property test, also one that says nothing: no test fails for the time it takes.
settings.register_profile("marquee", derandomize=not IS_DEEP, print_blob=True, database=None, deadline=None)
settings.load_profile("marquee")


def looking(examples: int, *, steps: int = 50, deep: int | None = None) -> settings:
    """Settings of a property test that takes the time it takes; `deep` examples where ten times as many are not enough."""
    return settings(
        max_examples=(deep or examples * 10) if IS_DEEP else examples,
        stateful_step_count=steps * 2 if IS_DEEP else steps,
        suppress_health_check=list(HealthCheck),
    )
