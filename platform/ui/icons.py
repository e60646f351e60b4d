"""The icons, drawn on a 24-unit grid with a 2-unit round stroke, so that no page loads an icon font or a sprite."""

from django.utils.safestring import SafeString, mark_safe

_STROKES = {
    "arrow-left": '<path d="M19 12H5m6-6-6 6 6 6"/>',
    "arrow-right": '<path d="M5 12h14m-6-6 6 6-6 6"/>',
    "bars": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "calendar": '<rect x="3.5" y="5" width="17" height="15.5" rx="2.5"/><path d="M3.5 10h17M8 2.5V6m8-3.5V6"/>',
    "calendar-plus": '<rect x="3.5" y="5" width="17" height="15.5" rx="2.5"/>'
    '<path d="M3.5 10h17M8 2.5V6m8-3.5V6m-4 6.5v5M9.5 15h5"/>',
    "card": '<rect x="2.5" y="5" width="19" height="14" rx="2.5"/><path d="M2.5 10h19M6 15h4"/>',
    "chart": '<path d="M4 20V4m0 16h16M8.5 16v-4m4 4V8m4 8v-6"/>',
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "chevron-down": '<path d="m6 9 6 6 6-6"/>',
    "chevron-left": '<path d="m15 6-6 6 6 6"/>',
    "chevron-right": '<path d="m9 6 6 6-6 6"/>',
    "chevron-up": '<path d="m6 15 6-6 6 6"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>',
    "copy": '<rect x="8.5" y="8.5" width="12" height="12" rx="2.5"/>'
    '<path d="M15.5 8.5v-3a2 2 0 0 0-2-2h-8a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h3"/>',
    "cross": '<path d="M6 6l12 12M18 6 6 18"/>',
    "dash": '<path d="M6 12h12"/>',
    "door": '<path d="M6 21V4.5A1.5 1.5 0 0 1 7.5 3h9A1.5 1.5 0 0 1 18 4.5V21M3.5 21h17M14.5 12h.01"/>',
    "dot": '<circle cx="12" cy="12" r="5" fill="currentColor"/>',
    "download": '<path d="M12 4v11m-5-4.5 5 5 5-5M4.5 20h15"/>',
    "external": '<path d="M14 4.5h5.5V10M19 5l-8.5 8.5M10 5.5H6.5a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h10'
    'a2 2 0 0 0 2-2V14"/>',
    "fit": '<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>',
    "half": '<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>',
    "home": '<path d="M4 11.5 12 4l8 7.5M6 10v9.5h12V10"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.5v.01"/>',
    "lock": '<rect x="5" y="10.5" width="14" height="10" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
    "mail": '<rect x="2.5" y="5" width="19" height="14" rx="2.5"/><path d="m3.5 7.5 8.5 6 8.5-6"/>',
    "megaphone": '<path d="M4 10v4l3 .5 8.5 4V5.5L7 9.5zM7 14.5l1.5 5.5h2.5L10 16M18.5 9.5a3.5 3.5 0 0 1 0 5"/>',
    "minus": '<path d="M5.5 12h13"/>',
    "money": '<rect x="2.5" y="6" width="19" height="12" rx="2.5"/><circle cx="12" cy="12" r="2.5"/>'
    '<path d="M6 12h.01M18 12h.01"/>',
    "more": '<path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="3"/>',
    "move": '<path d="M12 3v18M3 12h18M9.5 5.5 12 3l2.5 2.5M9.5 18.5 12 21l2.5-2.5M5.5 9.5 3 12l2.5 2.5M18.5 9.5 21 12l-2.5 2.5"/>',
    "people": '<circle cx="9" cy="8.5" r="3.5"/>'
    '<path d="M2.5 20a6.5 6.5 0 0 1 13 0M16 5.2a3.5 3.5 0 0 1 0 6.6M18 14.5a6.5 6.5 0 0 1 3.5 5.5"/>',
    "pin": '<path d="M12 21.5s-7-6.5-7-11.5a7 7 0 0 1 14 0c0 5-7 11.5-7 11.5z"/><circle cx="12" cy="10" r="2.5"/>',
    "plus": '<path d="M12 5.5v13M5.5 12h13"/>',
    "receipt": '<path d="M5.5 3.5h13v17l-3.25-2-3.25 2-3.25-2-3.25 2zM9 8.5h6M9 12.5h6"/>',
    "refresh": '<path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5v4h-4"/>',
    "scan": '<path d="M4 8.5V6a2 2 0 0 1 2-2h2.5M15.5 4H18a2 2 0 0 1 2 2v2.5M20 15.5V18a2 2 0 0 1-2 2h-2.5'
    'M8.5 20H6a2 2 0 0 1-2-2v-2.5M4 12h16"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "seats": '<path d="M3.5 9.5c5-3 12-3 17 0M4.5 14c4.5-2.6 10.5-2.6 15 0M6 18.5c3.5-2 8.5-2 12 0"'
    ' stroke-dasharray=".01 3.9" stroke-width="3.2"/><path d="M8 4.5h8"/>',
    "settings": '<path d="M4 7.5h9M17 7.5h3M4 16.5h3M11 16.5h9"/><circle cx="15" cy="7.5" r="2"/>'
    '<circle cx="9" cy="16.5" r="2"/>',
    "shield": '<path d="M12 3 5 5.5v6c0 4.5 3 7.5 7 9.5 4-2 7-5 7-9.5v-6zM12 8v4.5M12 16v.01"/>',
    "stop": '<path d="M8.3 3.5h7.4l4.8 4.8v7.4l-4.8 4.8H8.3l-4.8-4.8V8.3zM12 8v5M12 16.2v.01"/>',
    "ticket": '<path d="M3 9V7a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v2a3 3 0 0 0 0 6v2a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-2'
    'a3 3 0 0 0 0-6z"/><path d="M14.5 5v2.5m0 3v3m0 3V19"/>',
    "tool-select": '<path d="M5.5 3.5 18 11l-5.5 1.5L9.5 18z"/>',
    "tool-hand": '<path d="M8 12V6a1.5 1.5 0 0 1 3 0v5m0-6.5a1.5 1.5 0 0 1 3 0V11m0-5a1.5 1.5 0 0 1 3 0v7.5a7'
    ' 7 0 0 1-12.5 4L3.5 14a1.7 1.7 0 0 1 3-1.2L8 14.5"/>',
    "tool-row": '<path d="M4 15.5h.01M9.3 15.5h.01M14.6 15.5h.01M20 15.5h.01" stroke-width="4"/><path d="M4 8.5h16"/>',
    "tool-arc": '<path d="M3.5 8.5c4 7 13 7 17 0"/><path d="M4 15.5h.01M9.3 18.5h.01M14.6 18.5h.01M20 15.5h.01"'
    ' stroke-width="4"/>',
    "tool-path": '<path d="M3.5 17.5 9 7l6 7.5 5.5-9"/>',
    "tool-block": '<path d="M5 6h.01M10 6h.01M15 6h.01M20 6h.01M5 12h.01M10 12h.01M15 12h.01M20 12h.01M5 18h.01M10'
    ' 18h.01M15 18h.01M20 18h.01" stroke-width="3.6"/>',
    "tool-table": '<circle cx="12" cy="12" r="4.5"/><path d="M12 3.5h.01M12 20.5h.01M3.5 12h.01M20.5 12h.01M6'
    ' 6h.01M18 6h.01M6 18h.01M18 18h.01" stroke-width="3.2"/>',
    "tool-area": '<path d="M4 7.5 13 4l7.5 6-3 10H6z"/>',
    "tool-section": '<path d="M12 5c5 0 8.5 2.5 8.5 6S17 17 12 17s-8.5-2.5-8.5-6S7 5 12 5z" stroke-dasharray="3.5'
    ' 3"/><path d="M8 17v3.5"/>',
    "tool-cut": '<circle cx="6.5" cy="17.5" r="2.5"/><circle cx="17.5" cy="17.5" r="2.5"/><path d="M8 15.5 16.5'
    ' 4M16 15.5 7.5 4"/>',
    "tool-stage": '<path d="M3.5 6h17v7c-5 3.5-12 3.5-17 0zM8 19.5h8"/>',
    "tool-text": '<path d="M5 7V5h14v2M12 5v14m-3 0h6"/>',
    "tool-icon": '<circle cx="12" cy="12" r="8.5"/><path d="M9 18V8h6v10M13 13h.01"/>',
    "tool-focal": '<circle cx="12" cy="12" r="5.5"/><path d="M12 2.5v6m0 7v6M2.5 12h6m7 0h6"/>',
    "tool-brush": '<path d="M19.5 4.5 11 13M8.5 12.5l3 3c0 3.5-2.5 5-7.5 5 1.5-1.5 1-3 1.5-5a3 3 0 0 1 3-3z"/>',
    "tool-calibrate": '<path d="M3.5 14.5 14.5 3.5l6 6-11 11zM8 10l2 2m1-5 2 2m1-5 2 2"/>',
    "redo": '<path d="M15.5 5 20 9.5 15.5 14M19.5 9.5H10a5.5 5.5 0 0 0 0 11h3"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12"'
    ' cy="12" r="2.8"/>',
    "keyboard": '<rect x="2.5" y="6" width="19" height="12" rx="2.5"/><path d="M6.5 10h.01M10 10h.01M14 10h.01M17.5'
    ' 10h.01M8.5 14h7"/>',
    "undo": '<path d="M8.5 5 4 9.5 8.5 14M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-3"/>',
    "user": '<circle cx="12" cy="8.5" r="4"/><path d="M4.5 20.5a7.5 7.5 0 0 1 15 0"/>',
    "warning": '<path d="M12 4 2.5 20h19zM12 10v4.5M12 17.2v.01"/>',
}


def icon_svg(name: str, css: str = "size-5") -> SafeString:
    """The icon as inline SVG, hidden from screen readers: the word beside it says the same. KeyError when unknown."""
    return mark_safe(
        f'<svg class="{css} flex-none" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{_STROKES[name]}</svg>'
    )
