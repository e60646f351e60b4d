"""One answer for one key, however often a client asks.

Noun: IdempotencyKey. A door opens it in the transaction of the verb it calls, so that a crash leaves both or neither;
two requests with one key queue on the unique row.
"""
