"""Queue a mail with what it tells about; deliver it after commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, override

from config import failpoints
from notifications.models import EmailMessage
from outbox.actions import enqueue
from ui.addresses import is_address


@dataclass(frozen=True)
class Attachment:
    """A file in private storage (`path`), sent under `name` with MIME type `type`."""

    name: str
    path: str
    type: str


def queue_email(
    *,
    key: str,
    to: str,
    template: str,
    context: dict[str, Any],
    attachments: tuple[Attachment, ...] = (),
    language: str = "",
) -> None:
    """Render `<template>.subject.txt`, `.txt` and `.html` for `to` and send them after this transaction commits.

    Queuing the same `key` again does nothing.
    """
    language = language or get_language() or settings.LANGUAGE_CODE
    context = {"platform_name": settings.PLATFORM_NAME, **context}
    with override(language):
        subject = " ".join(render_to_string(f"{template}.subject.txt", context).split())
        message = EmailMessage(
            key=key,
            to=to,
            subject=subject[:250],
            text=render_to_string(f"{template}.txt", context),
            html=render_to_string(f"{template}.html", {**context, "subject": subject}),
            attachments=[{"name": a.name, "path": a.path, "type": a.type} for a in attachments],
            language=language,
        )
    EmailMessage.objects.bulk_create([message], ignore_conflicts=True)
    stored = EmailMessage.objects.only("pk").get(key=key)
    enqueue(kind="deliver_email", key=str(stored.pk), payload={"email_id": str(stored.pk)})


def deliver_email(*, email_id: str) -> None:
    """Send one queued mail over SMTP. A mail that was sent is not sent again; a failure raises and is tried later."""
    message = EmailMessage.objects.get(pk=email_id)
    if message.state == EmailMessage.State.SENT:
        return
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to],
        # The same Message-ID on every attempt lets the receiver drop a second copy after a crash between send and mark.
        headers={"Message-ID": f"<{message.pk}@{settings.PLATFORM_HOST}>"},
    )
    mail.attach_alternative(message.html, "text/html")
    for item in message.attachments:
        with storages["private"].open(item["path"], "rb") as file:
            mail.attach(item["name"], file.read(), item["type"])
    mail.send()
    failpoints.hit("after_mail_sent")
    EmailMessage.objects.filter(pk=message.pk).update(state=EmailMessage.State.SENT, sent_at=timezone.now())


def forget_emails(*, key_prefix: str, before: datetime) -> int:
    """Delete mails that were queued before this instant under keys that begin so; how many."""
    deleted, _by_model = EmailMessage.objects.filter(key__startswith=key_prefix, queued_at__lt=before).delete()
    return deleted


def forget_emails_to(address: str) -> int:
    """Delete every mail to this address, sent or not; how many."""
    deleted, _by_model = EmailMessage.objects.filter(is_address(address, field="to")).delete()
    return deleted
