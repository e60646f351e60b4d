"""The bearer credential of a position.

Nouns: SigningKey, Ticket. Verbs: `issue_tickets`, `reissue_ticket`, `void_ticket`. A code is signed per event with Ed25519 and
verified offline; nothing personal is in it and no signing secret leaves here (docs/ticket-codes.md).
"""
