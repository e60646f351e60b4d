from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from ui.addresses import is_address
from ui.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """Makes users from an e-mail address; Django and allauth ask for it."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(is_address(email or ""))


class User(AbstractBaseUser):
    """A person who signs in. Roles are per organizer (`people.Membership`); `is_platform_admin` opens the console.

    Users are anonymised, never deleted: ids in organizers' schemas outlive them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_platform_admin = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_once_per_email")]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """What Django's own tools ask."""
        return self.is_platform_admin

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Global permissions do not exist here: roles are per organizer."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False
