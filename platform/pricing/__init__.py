"""Prices, fees, tax: pure functions from a basket to a Quote. No tables, no clock, no database."""
