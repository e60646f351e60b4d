"""A stand-in for Stripe that runs on this machine: its HTTP API, its browser library and its hosted pages.

Nouns: the objects of Stripe's API, kept as JSON in one SQLite file. A separate process (`python -m payments.sandbox`),
so that a fault in the product's database never touches what "Stripe" remembers.
It must never import Django or any other app, and the product never imports it: with `STRIPE_API_BASE` unset nothing
of this is reachable. Where it differs from Stripe is a bug; the known differences stand in docs/stripe-sandbox.md.
"""
