"""The door: gates, devices, scans, admissions; its app and its API.

Nouns: Gate, Device, Scan, Admission. Verb: `scan()`. Every attempt is appended; that a position enters once is the database's
decision, never check-then-set.
"""
