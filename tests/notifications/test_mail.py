"""Mail: rendered once, sent once per key, the same words on every attempt, with what it carries."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.letters import ask_for_orders
from notifications.actions import Attachment, deliver_email, queue_email
from notifications.models import EmailMessage
from outbox.actions import drain, handlers
from outbox.models import OutboxMessage
from tests import world


@pytest.fixture
def order(northside: world.House, media: Path) -> Any:
    """A complete order; its mails are not written yet."""
    return world.place_order(world.make_event("Lantern Walk", kinds=((world.FREE, 0, 9),)), **{world.FREE: 2})


def queue(order: Any, *, key: str = "k", **more: Any) -> None:
    context = {
        "organizer": order.event.venue,
        "order": order,
        "event": order.event,
        "performance": order.performance,
        "venue": order.event.venue,
        "button_url": "http://northside.localhost/x",
        "button_label": "View",
    }
    with transaction.atomic():
        queue_email(key=key, to="bea@example.com", template="checkout/mail/refund", context=context, **more)


def do_everything() -> None:
    while drain():
        pass


def test_one_key_is_one_mail_however_often_it_is_queued(order: Any) -> None:
    for _ in range(3):
        queue(order)
    queue(order, key="another")

    OutboxMessage.objects.exclude(kind="deliver_email").delete()
    do_everything()

    assert EmailMessage.objects.filter(state="sent").count() == 2
    assert len(mail.outbox) == 2


def test_a_sent_mail_is_not_sent_again(order: Any) -> None:
    queue(order)
    stored = EmailMessage.objects.get()

    for _ in range(3):
        deliver_email(email_id=str(stored.pk))

    assert len(mail.outbox) == 1
    stored.refresh_from_db()
    assert (stored.state, stored.sent_at is not None) == ("sent", True)


def test_a_failed_attempt_is_made_again_with_the_same_words_and_message_id(
    order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(order)
    stored = EmailMessage.objects.get()
    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", _no_server)
        with pytest.raises(ConnectionRefusedError):
            deliver_email(email_id=str(stored.pk))
    assert EmailMessage.objects.get().state == "queued"
    order.event.title = "Renamed since"
    order.event.save()

    deliver_email(email_id=str(stored.pk))
    EmailMessage.objects.update(state="queued")  # killed between sending and noting that it was sent
    deliver_email(email_id=str(stored.pk))

    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"] == f"<{stored.pk}@localhost>"
    assert first.body == second.body == stored.text
    assert "Renamed since" not in first.subject + first.body


def _no_server(*_: object) -> None:
    raise ConnectionRefusedError


def test_a_mail_has_words_in_text_and_html_and_a_subject_of_one_line(order: Any) -> None:
    order.event.title = "Two\r\nBcc: everybody@example.com\nlines"
    queue(order)

    deliver_email(email_id=str(EmailMessage.objects.get().pk))

    sent = mail.outbox[0]
    assert "\n" not in sent.subject
    assert sent.to == ["bea@example.com"]
    assert "bcc" not in {name.lower() for name in sent.message()}
    assert sent.alternatives[0].mimetype == "text/html"
    assert f"<title>{sent.subject}</title>" in str(sent.alternatives[0].content)
    assert sent.body.strip()


def test_html_in_a_name_stays_text(order: Any) -> None:
    order.name = "<script>alert(1)</script>"
    order.event.title = "<b>Bold</b>"
    queue(order)

    stored = EmailMessage.objects.get()
    assert "<script>" not in stored.html
    assert "<b>Bold" not in stored.html
    assert "&lt;b&gt;Bold" in stored.html
    assert "<b>Bold</b>" in stored.subject + stored.text  # plain text escapes nothing


def test_what_a_mail_carries_is_read_from_private_storage_when_it_is_sent(order: Any) -> None:
    path = storages["private"].save("x.pdf", ContentFile(b"%PDF-1.7 tickets"))
    queue(order, attachments=(Attachment(name="tickets.pdf", path=path, type="application/pdf"),))

    deliver_email(email_id=str(EmailMessage.objects.get().pk))

    (item,) = mail.outbox[0].attachments
    assert (item.filename, item.content, item.mimetype) == ("tickets.pdf", b"%PDF-1.7 tickets", "application/pdf")


def test_a_rolled_back_verb_sends_nothing(order: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        _queue_and_fail(order)

    assert not EmailMessage.objects.exists()


@transaction.atomic
def _queue_and_fail(order: Any) -> None:
    queue(order)
    raise ZeroDivisionError


def test_each_letter_of_a_sale_is_mailed_once_though_every_message_is_done_twice(order: Any) -> None:
    checkout.resend_tickets(order_id=order.pk, actor=SYSTEM)
    checkout.resend_tickets(order_id=order.pk, actor=SYSTEM)
    ask_for_orders(email="BEA@example.com")
    for message in OutboxMessage.objects.order_by("pk"):  # a worker that was killed before it noted what it had done
        handlers()[message.kind](message.payload)
    do_everything()

    # the tickets, twice more on demand, and the list of orders
    subjects = [sent.subject for sent in mail.outbox]
    assert len(subjects) == 4, subjects
    assert {tuple(sent.to) for sent in mail.outbox} == {("bea@example.com",)}
    assert sum(len(sent.attachments) for sent in mail.outbox) == 3


def test_find_my_order_mails_nothing_to_a_stranger(order: Any) -> None:
    ask_for_orders(email="nobody@example.com")
    OutboxMessage.objects.exclude(kind="mail_my_orders").delete()

    do_everything()

    assert mail.outbox == []


def test_a_mail_is_its_organizers_own(order: Any, southside: world.House) -> None:
    queue(order)
    pk = str(EmailMessage.objects.get().pk)

    with tenant_context(southside.organizer):
        assert not EmailMessage.objects.exists()
        with pytest.raises(EmailMessage.DoesNotExist):
            deliver_email(email_id=pk)
    assert mail.outbox == []
