"""Membership and role in this organizer; its customers, how they sign in, and what they consented to.

Nouns: Membership, ApiKey, Customer, SignIn, BuyerSession, Consent. Staff's users live in `accounts`; here only their ids are
kept, without a constraint.
"""
