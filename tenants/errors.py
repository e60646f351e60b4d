"""The ways tenancy may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import DomainError


class NoOrganizer(DomainError):
    """Something that belongs to an organizer was asked for on the platform's own schema: a mistake in the program."""

    code = "no_organizer"
    status = 500
    title = _("No organizer is chosen here.")


class SlugTaken(DomainError):
    """The short name is in use or kept for the platform."""

    code = "slug_taken"
    status = 409
    title = _("This address is already taken. Choose another one.")


class SlugInvalid(DomainError):
    """The short name cannot be a host name's first part."""

    code = "slug_invalid"
    status = 422
    title = _("Use 3 to 40 small letters, digits and hyphens; begin and end with a letter or digit.")


class DomainTaken(DomainError):
    """The host already leads to an organizer, or is the platform's."""

    code = "domain_taken"
    status = 409
    title = _("This domain is already in use.")


class DomainInvalid(DomainError):
    """The text is no host name."""

    code = "domain_invalid"
    status = 422
    title = _("This is not a valid domain name.")


class TaskRefused(RuntimeError):
    """A task was sent or run on the wrong schema (see tenants.tasks)."""
