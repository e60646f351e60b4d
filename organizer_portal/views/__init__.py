"""The portal's screens, a module per place in its navigation."""
