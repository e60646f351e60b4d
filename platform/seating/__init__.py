"""Venues and their seat maps: geometry alone. It changes rarely and knows nothing of what is sold (docs/seat-maps.md).

Nouns: Venue, SeatMap (a draft), MapVersion (frozen), and in documents Section, Row, Table, Seat, Area, Category. Verbs:
`create_seat_map`, `save_draft`, `save_version`, `publish_version`, import and export. It must never know of events or prices.
"""
