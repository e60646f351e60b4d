"""Moving money out to organizers and partners: what is earned, what is on its way, and why.

Nouns: Partner (a venue, artist, promoter or affiliate who shares in what events earn), PartnerPayment. Verbs: `add_partner`,
`start_partner_onboarding`, `note_payment`. What each is owed is the ledger's word, never kept here.
"""
