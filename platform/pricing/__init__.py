"""Prices, fees, tax: pure functions from a basket to a Quote (`quote`), and the platform's fee plan for each organizer.

Nouns: FeeOverride, in `public`. Verb: set_platform_fee. `quote` knows no tables, no clock and no database.
"""
