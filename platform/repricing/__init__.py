"""Prices that follow the sale: the rules of a ticket type, what they add to its price at each date, and how it came to that.

Nouns: PriceRules, DynamicPrice, Proposal, PriceChange. Verbs: set_price_rules, reprice, approve_proposal, decline_proposal. What a price
should be is `pricing.dynamic`'s to say; a price changes here alone, with its reasons, in one transaction with the offer's new
version, so that who holds tickets keeps the price they were held at (docs/dynamic-prices.md). It knows no visitor.
"""
