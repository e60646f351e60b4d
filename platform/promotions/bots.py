"""Which visits of a link are people's: a rule of our own, as small as it can be and still leave out what is known to come.

People navigate to a link, with a browser that says so; whatever fetches it for another reason (a look ahead, a preview in a
chat, an image or a hidden frame on somebody's page, a crawler, a program) is nobody who might buy. docs/affiliates.md.
"""

from collections.abc import Mapping

BROWSERS = ("mozilla/", "opera/")  # what every browser's name begins with
NO_PEOPLE = (
    *("bot", "crawl", "spider", "slurp", "preview", "externalhit", "embedly", "whatsapp", "skypeuri", "pingdom"),
    *("headless", "phantomjs", "selenium", "lighthouse", "monitor", "uptime", "scan", "fetch", "validator", "archiver"),
    *("curl", "wget", "python", "httpx", "java/", "okhttp", "go-http", "libwww", "axios", "node"),
    *("google-", "feedburner", "bingpreview", "mediapartners", "yandex.com/", "vkshare", "quora link", "ia_archiver"),
)
LOOKING_AHEAD = ("prefetch", "prerender", "preview")


def looks_ahead(headers: Mapping[str, str]) -> bool:
    """Whether a browser asks before anybody has followed the link; it asks again when somebody does."""
    said = " ".join(headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")).lower()
    return any(word in said for word in LOOKING_AHEAD)


def is_person(method: str, headers: Mapping[str, str]) -> bool:
    """Whether somebody has followed a link in a browser. Where the browser says what for (Fetch Metadata), it is believed."""
    browser = headers.get("User-Agent", "").lower()
    return (
        method == "GET"
        and browser.startswith(BROWSERS)
        and not any(word in browser for word in NO_PEOPLE)
        and not looks_ahead(headers)
        and headers.get("Sec-Fetch-Dest", "document") == "document"
        and headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    )
