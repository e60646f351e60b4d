"""The organizer's public pages. Each says in its docstring what its template gets.

Secret addresses carry the token in the path: they are never cached, never indexed, and send no referrer.
"""
