"""The template vocabulary of every screen: `{% load ui %}`."""

from datetime import date, datetime
from typing import Any

from django import template
from django.core.files.storage import storages
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    Field,
    RadioSelect,
    Select,
    Textarea,
)
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ui import dates
from ui.brand import DEFAULT_COLOR, Palette, brand, theme_css
from ui.icons import icon_svg
from ui.money import format_money, percent_text
from ui.poster import Poster
from ui.poster import poster as draw_poster
from ui.rich_text import cleaned

register = template.Library()

STATUS_ICONS = {
    "ok": "check",
    "warn": "half",
    "err": "cross",
    "note": "dot",
    "plain": "dash",
}


@register.filter
def money(amount: int | None, currency: str) -> str:
    """`{{ 2450|money:"EUR" }}` -> €24.50; nothing for None, so that a missing amount never reads as free."""
    return "" if amount is None else format_money(amount, currency)


@register.filter
def taken_off(amount: int, currency: str) -> str:
    """`{{ 2450|taken_off:"EUR" }}` -> −€24.50: an amount that is written down as what it takes away; €0.00 for nothing."""
    return format_money(-amount, currency)


@register.filter
def price(amount: int, currency: str) -> str:
    """`{{ line.price|price:"EUR" }}` -> €24.50, or Free in words: nobody pays €0.00."""
    return format_money(amount, currency) if amount else _("Free")


@register.filter
def percent(basis_points: int) -> str:
    """`{{ 750|percent }}` -> 7.5%"""
    return percent_text(basis_points)


@register.filter
def times(amount: int, quantity: int) -> int:
    """`{{ line.price|times:line.quantity|money:currency }}`"""
    return amount * quantity


@register.filter
def event_date(moment: datetime | None, zone: str) -> str:
    return dates.event_date(moment, zone) if moment else ""


@register.filter
def event_day(moment: datetime | None, zone: str) -> str:
    return dates.event_day(moment, zone) if moment else ""


@register.filter
def event_time(moment: datetime | None, zone: str) -> str:
    return dates.event_time(moment, zone) if moment else ""


@register.filter
def doors_time(performance: Any) -> str:
    """When the doors of a date open."""
    return dates.doors_time(performance.doors_at, performance.starts_at, performance.timezone)


@register.filter
def zone_name(moment: datetime | None, zone: str) -> str:
    return dates.zone_name(moment, zone) if moment else ""


@register.filter
def moment(value: datetime | None, zone: str) -> str:
    return dates.moment_text(value, zone) if value else ""


@register.filter
def short_date(value: datetime, zone: str) -> str:
    """12 Dec"""
    return dates.short_date(value, zone)


@register.filter
def day_text(day: date | None) -> str:
    """12 December 2026: a day of no zone."""
    return dates.day_text(day) if day else ""


@register.filter
def plain_number(value: float) -> str:
    """With a point whatever the language, for attributes of a drawing."""
    return f"{value:g}"


@register.filter
def month_name(day: date) -> str:
    """March 2027"""
    return dates.month_name(day)


@register.filter
def public_url(name: str | None) -> str:
    """The address of a file in public storage (a logo, a poster); nothing for none."""
    return storages["public"].url(name) if name else ""


@register.filter
def rich(html: str) -> SafeString:
    """A text of `ui.rich_text.to_html` as it is; cleaned again, so that nothing else ever stands on a page."""
    return mark_safe(cleaned(html))


@register.simple_tag
def srcset(files: dict[str, str]) -> str:
    """The sizes of a picture for an `<img>`, from names in public storage by their width."""
    return ", ".join(
        f"{storages['public'].url(name)} {width}w" for width, name in sorted(files.items(), key=lambda one: int(one[0]))
    )


@register.simple_tag
def icon(name: str, css: str = "size-5") -> SafeString:
    """`{% icon "ticket" %}`: decoration; the word beside it carries the meaning."""
    return icon_svg(name, css)


@register.simple_tag
def theme_url(color: str | None) -> str:
    """The address of the brand's stylesheet, or nothing when no colour is set."""
    try:
        return f"/theme/{theme_css(color)[0]}.css" if color else ""
    except ValueError:
        return ""


@register.simple_tag
def mail_palette(color: str | None) -> Palette:
    """The brand's colours as plain values, for e-mails, which know no stylesheet: on white paper."""
    try:
        return brand(color or DEFAULT_COLOR).light
    except ValueError:
        return brand(DEFAULT_COLOR).light


@register.simple_tag
def poster(title: str, color: str | None) -> Poster:
    """The drawing for an event without a picture: `{% poster event.title organizer.brand_color as art %}`."""
    return draw_poster(title, color or "")


@register.inclusion_tag("ui/components/status.html")
def status(word: str, kind: str = "plain") -> dict[str, Any]:
    """A status: one word and a shape. Kinds: ok, warn, err, note, plain."""
    return {"word": word, "kind": kind, "shape": STATUS_ICONS[kind]}


@register.inclusion_tag("ui/components/error_summary.html")
def error_summary(form: BaseForm | None) -> dict[str, Any]:
    """ "There is a problem" above a form: takes the focus, links to each field in the words beside it."""
    if form is None or not form.errors:
        return {}
    return {
        "field_problems": [
            (form[name].id_for_label or form[name].auto_id, problems(form[name]))
            for name in form.fields
            if name in form.errors
        ],
        "form_problems": form.non_field_errors(),
    }


def problems(bound: BoundField) -> list[str]:
    """What is wrong with a field, in the words used both beside it and in the summary.

    "This field is required." five times over helps nobody: the field's name goes into the sentence.
    """
    words = []
    for error in bound.form.errors.as_data().get(bound.name, []):
        if error.code == "required" and error.message == Field.default_error_messages["required"]:
            is_tick = isinstance(bound.field.widget, CheckboxInput)
            sentence = _("Please tick: %(label)s") if is_tick else _("%(label)s is missing")
            words.append(sentence % {"label": bound.label})
        else:
            words.extend(error.messages)
    return words


@register.inclusion_tag("ui/components/field.html")
def field(
    bound: BoundField, hint: str = "", css: str = "", label: str = "", says_optional: bool = True, **attrs: Any
) -> dict[str, Any]:
    """A field with its label above, hint beneath and error beside it; further words become attributes of the input.

    `{% field form.email hint=_("We send your tickets here.") autocomplete="email" %}`; underscores become hyphens. Nothing says
    "optional" with `says_optional=False`: in a form where nothing has to be filled in, or beside the answer that needs it.
    """
    widget = bound.field.widget
    hint_text = hint or str(bound.help_text or "")
    described = [f"{bound.auto_id}-{part}" for part, has in (("hint", hint_text), ("error", bound.errors)) if has]
    extra: dict[str, Any] = {key.replace("_", "-"): value for key, value in attrs.items()}
    extra["class"] = f"{_widget_class(widget)} {css}".strip()
    extra["aria-describedby"] = " ".join(described) or None
    if bound.errors:
        extra["aria-invalid"] = "true"
    extra = {key: value for key, value in extra.items() if value is not None}
    is_group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    return {
        "field": bound,
        "label": label or bound.label,
        "problems": problems(bound),
        "hint": hint_text,
        "control": "" if is_group else bound.as_widget(attrs=extra),
        "is_check": isinstance(widget, CheckboxInput),
        "is_optional": says_optional and not bound.field.required,
        "is_group": is_group,
        "choice_class": "checkbox" if isinstance(widget, CheckboxSelectMultiple) else "radio",
    }


def _widget_class(widget: Any) -> str:
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    if isinstance(widget, Select):
        return "select"
    if getattr(widget, "input_type", "") == "file":
        return "file-input"
    return "textarea" if isinstance(widget, Textarea) else "input"


@register.inclusion_tag("ui/components/back_link.html")
def back_link(words: str, url_name: str, *arguments: Any) -> dict[str, Any]:
    """The way back, above a page's heading: `{% back_link event.title "organizer_portal:event" event.pk %}`."""
    return {"words": words, "url": reverse(url_name, args=arguments)}


@register.inclusion_tag("ui/components/nav_link.html", takes_context=True)
def nav_link(
    context: Context,
    url_name: str,
    icon_name: str,
    label: str,
    css: str = "",
    exact: bool = False,
    of: Any = None,
    also: str = "",
) -> dict[str, Any]:
    """A link of a navigation, marked when the page lies under it; nothing at all while the page does not exist.

    `exact` is for a home page, beneath which everything lies; `of` is the key of the thing whose pages these are, `also`
    the beginning of other addresses that belong here.
    """
    try:
        url = reverse(url_name, args=[] if of is None else [of])
    except NoReverseMatch:
        return {}
    path = context["request"].path
    current = path == url if exact else path.startswith((url, also or url))
    return {
        "url": url,
        "icon_name": icon_name,
        "label": label,
        "css": css,
        "is_current": current,
    }
