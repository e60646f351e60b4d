"""Moving money out to organizers and partners: what is earned, what is on its way, and why."""
