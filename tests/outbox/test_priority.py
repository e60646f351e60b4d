"""Payments are settled before mails are sent, however many wait."""

from celery import Task
from kombu.transport.redis import Channel

from config.celery import app
from config.tasks import drain_outbox, process_inbox, reconcile


def priority_of(task: Task) -> int:
    """As the broker takes it: nothing said is 0, the first."""
    return int(app.amqp.router.route(dict(task._get_exec_options()), task.name).get("priority") or 0)


def test_what_people_wait_for_comes_before_mails() -> None:
    assert {task.name: priority_of(task) for task in (process_inbox, reconcile, drain_outbox)} == {
        "inbox.process": 0,
        "checkout.reconcile": 0,
        "outbox.drain": 5,
    }


def test_the_broker_hands_out_the_first_priority_first() -> None:
    with app.connection_for_write() as connection:
        channel: Channel = connection.default_channel
        queues = [channel._q_for_pri("celery", step) for step in channel.priority_steps]

    assert channel.priority_steps == [0, 5]
    assert channel.queue_order_strategy == "priority"
    assert queues[0] == "celery"
    assert queues[1] != "celery"
