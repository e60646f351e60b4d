"""The ways a claim may refuse."""

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ui.errors import BadInput, DomainError, NotFound


class SoldOut(DomainError):
    """Not enough is left. `extra` has the ticket type and how many are left."""

    code = "sold_out"
    title = _("Sold out")


class Busy(DomainError):
    """Enough may be left, but others were taking it for longer than a claim waits: ask again."""

    code = "busy_try_again"
    is_passing = True
    title = _("Very busy, please try again")


class NotOnSale(DomainError):
    code = "not_on_sale"
    title = _("Not on sale")


class SaleStopped(DomainError):
    """The stock of this date is in doubt, so that nothing of it is held or sold until staff resume its sale."""

    code = "sale_stopped"
    is_passing = True
    title = _("Sales are paused")

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(
            detail or _now("Sales for this date are paused while we check something. Please try again later."), **extra
        )


class SalePaused(DomainError):
    """The organizer has paused the event: nothing new is held, what is held may be paid."""

    code = "sale_paused"
    is_passing = True
    title = _("Sales are paused")

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(
            detail or _now("The organizer has paused this sale. Please look again later; bought tickets stay valid."),
            **extra,
        )


class EventPostponed(DomainError):
    """The event has no date at the moment, so that nothing of it is sold."""

    code = "event_postponed"
    is_passing = True
    title = _("Postponed")

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(
            detail or _now("This event is postponed and has no new date yet. You have not been charged."), **extra
        )


class LimitExceeded(BadInput):
    code = "limit_exceeded"
    title = _("Too many tickets in one order")


class SeatsInvalid(BadInput):
    """Seats that are none of this map, named twice, or not of the ticket's category. `extra["seats"]` says which."""

    code = "seats_invalid"
    title = _("Choose your seats again")


class MapChanged(DomainError):
    """The seats were chosen on another version of the map. `extra["map"]` is the hash of the present one."""

    code = "map_changed"
    title = _("The seat map has changed")


class SeatTaken(DomainError):
    """Somebody else has some of these seats. `extra["seats"]` has those, `extra["alternative"]` others as good, if any."""

    code = "seat_taken"
    title = _("These seats are taken")


class SingleSeatLeft(DomainError):
    """The choice would leave single seats between others. `extra["seats"]` has those that would be left."""

    code = "single_seat_left"
    title = _("Please leave no single seat")


class WholeTable(DomainError):
    """A table that is sold as a whole. `extra["seats"]` has the seats that are missing from the choice."""

    code = "whole_table"
    title = _("This table is sold as a whole")


class AccessSeat(DomainError):
    """Wheelchair spaces and companion seats that were not asked for as such. `extra["seats"]` has them."""

    code = "access_seat"
    title = _("These places are kept for wheelchair users")


class NoBlock(DomainError):
    """So many are not free together. `extra["largest"]` is how many are, 0 when none is."""

    code = "no_seats_together"
    title = _("Not so many seats together")


class HoldNotFound(NotFound):
    code = "hold_not_found"
    title = _("No such hold")


class HoldEnded(DomainError):
    """The hold ran out, was given up, or has become an order."""

    code = "hold_ended"
    title = _("Your hold has ended")


class ExtensionRefused(DomainError):
    code = "extension_refused"
    title = _("The hold cannot be longer")


class TooFewFree(DomainError):
    """A quota cannot become smaller than what is held and sold; `taken` says how much that is."""

    code = "too_few_free"

    def __init__(self, *, taken: int) -> None:
        words = _now(
            "%(taken)d are held or sold, so there cannot be fewer. What is only held may come back in a few minutes."
        )
        super().__init__(words % {"taken": taken}, field="quantity", taken=taken)


class BlockInvalid(BadInput):
    """What a block needs: places, somebody it is for, a day to come."""

    code = "block_invalid"
    title = _("This cannot be blocked")


class BlockNotFound(NotFound):
    code = "block_not_found"
    title = _("No such block")


class PlacesTaken(DomainError):
    """Some of the places are held, sold or blocked already, so none was blocked. `extra["seats"]` has their indexes."""

    code = "places_taken"
    title = _("Not all of these are free")

    def __init__(self, *, taken: int, **extra: Any) -> None:
        words = ngettext(
            "%(n)d of these places is held, sold or blocked, so none was blocked.",
            "%(n)d of these places are held, sold or blocked, so none was blocked.",
            taken,
        )
        super().__init__(words % {"n": taken}, taken=taken, **extra)
