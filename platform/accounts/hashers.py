"""How passwords are kept by the tests: by Argon2 as everywhere, without the work that makes guessing slow."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2PasswordHasher(Argon2PasswordHasher):
    """A hundredth of the work. For passwords that every reader of the tests knows."""

    time_cost = 1
    memory_cost = 1024  # KiB
    parallelism = 1
