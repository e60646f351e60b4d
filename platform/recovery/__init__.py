"""Checkouts that were left: who agreed to be reminded, when which mail is due, and what came of it.

Nouns: ReminderRules (an event's settings), Reminder (one hold whose buyer agreed), Restoration (a new hold made from its link).
Verbs: change_rules, agree, withdraw, note_mail, end, note_restoration, forget. Nothing is mailed without a consent of its own.
It holds no places and knows no orders: `checkout.recovery` decides what is still worth a mail and makes the new hold
(docs/abandoned-checkouts.md).
"""
