"""The portal's forms: they read what was typed; the verbs judge it."""
