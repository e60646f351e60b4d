"""The organizer's public site and its API: event pages, checkout, my tickets. Doors only, no tables."""
