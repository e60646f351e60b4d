"""The organizer's screens: set-up, sales, refunds, team, branding. Doors only; rules live in the apps beneath."""
