"""Membership and role in this organizer; its customers and what they consented to.

Nouns: Membership, ApiKey, Customer, Consent. Users live in `accounts`; here only their ids are kept, without a constraint.
"""
