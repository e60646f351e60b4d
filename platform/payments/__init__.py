"""The buyer's money: in, back, contested.

Nouns: ConnectedAccount, Payment, Refund, Dispute. `gateway` alone imports stripe; `sandbox/` stands in for it where no keys are
set. What a payment means for an order is `checkout`'s.
"""
