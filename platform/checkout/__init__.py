"""The sale itself: hold, place, complete, cancel, refund. The only app that composes the ones beneath it; read actions.py."""
