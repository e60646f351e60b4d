"""Users, sign-in, sessions, second factor. Public: one person, one account, whatever organizers they work for or buy from."""
