"""E-mail out, with retries and a delivery log.

Noun: EmailMessage. Verbs: `queue_email()` in the transaction of what it tells about, `deliver_email()` from the outbox.
Knows templates and files, never orders.
"""
