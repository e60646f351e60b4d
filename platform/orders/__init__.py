"""The record of a sale.

Nouns: Order, Position, Fee. An order is never deleted; what a buyer was promised (prices, fees, texts) is a copy here, not a
reference to what may change. The sale itself is `checkout`'s.
"""
