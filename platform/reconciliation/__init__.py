"""Our books against the payment provider's: line by line, to the minor unit, nightly and on demand (docs/reconciliation.md).

Nouns: Check (one run), ProviderLine (a line of the provider's balance, kept as it came), Incident (a break, with what to do).
Verbs: `request_check`, `work_on_check`, `close_incident`. It settles what is safe to settle through checkout's own verbs and must
never move money by itself, nor change what was posted.
"""
