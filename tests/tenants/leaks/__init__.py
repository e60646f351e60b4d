"""The ways in which the stock django-tenants backend mixes organizers up, each as a small program.

`python -m tests.tenants.leaks.run` runs all of them in a process of its own, with the engine that LEAK_ENGINE names
(`ours` or `stock`), on the database of DATABASE_URL, and prints what each saw. test_leaks.py runs it once with each.
"""
