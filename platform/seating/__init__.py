"""Venues and their geometry: it changes rarely and knows nothing of what is sold.

Noun: Venue. Seat maps, sections, rows and seats join it here.
"""
