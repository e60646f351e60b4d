"""The waiting list: who wants tickets of a sold-out date, and who of them is offered places that get free.

Nouns: ListRules (an event's settings), WaitingList (one date's, the row that is locked), Entry (one person's wish for so many
tickets of one type), ListOffer (places held for an entry until a deadline). Verbs: change_rules, join, confirm, leave, remove,
draw, keep_offer, end_offer. It decides the order and closes pools to everybody else (inventory/waited.py); it holds no
places itself and knows no prices and no orders: `checkout.waiting` makes the offers (docs/waiting-list.md). Not to be
confused with the waiting room, a line before the shop.
"""
