"""What is on offer, and when.

Nouns: Event, Performance, TicketType, Quota. Verbs: create, change, publish. It says what may be sold; how much of it is
left is `inventory`'s, what it costs the buyer is `pricing`'s.
"""
