"""The ways a key may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError


class KeyMissing(BadInput):
    code = "idempotency_key_required"
    status = 400
    title = _("Idempotency-Key required")


class KeyInvalid(BadInput):
    code = "idempotency_key_invalid"
    status = 400
    title = _("Idempotency-Key invalid")


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    title = _("Idempotency-Key already used for another request")
