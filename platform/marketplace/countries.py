"""What a country usually means for an organizer: its currency and its time zone. Each can be changed at sign-up."""

from typing import NamedTuple

from babel import Locale
from django.utils.translation import get_language, to_locale


class CountryDefaults(NamedTuple):
    """A currency code and an IANA zone name."""

    currency: str
    timezone: str


# The countries whose currency we sell in (ui.money.CURRENCIES); a country of several zones has its most populous one.
COUNTRIES = {
    "AT": CountryDefaults("EUR", "Europe/Vienna"),
    "AU": CountryDefaults("AUD", "Australia/Sydney"),
    "BE": CountryDefaults("EUR", "Europe/Brussels"),
    "CA": CountryDefaults("CAD", "America/Toronto"),
    "CH": CountryDefaults("CHF", "Europe/Zurich"),
    "CZ": CountryDefaults("CZK", "Europe/Prague"),
    "DE": CountryDefaults("EUR", "Europe/Berlin"),
    "DK": CountryDefaults("DKK", "Europe/Copenhagen"),
    "EE": CountryDefaults("EUR", "Europe/Tallinn"),
    "ES": CountryDefaults("EUR", "Europe/Madrid"),
    "FI": CountryDefaults("EUR", "Europe/Helsinki"),
    "FR": CountryDefaults("EUR", "Europe/Paris"),
    "GB": CountryDefaults("GBP", "Europe/London"),
    "GR": CountryDefaults("EUR", "Europe/Athens"),
    "IE": CountryDefaults("EUR", "Europe/Dublin"),
    "IT": CountryDefaults("EUR", "Europe/Rome"),
    "JP": CountryDefaults("JPY", "Asia/Tokyo"),
    "LT": CountryDefaults("EUR", "Europe/Vilnius"),
    "LU": CountryDefaults("EUR", "Europe/Luxembourg"),
    "LV": CountryDefaults("EUR", "Europe/Riga"),
    "NL": CountryDefaults("EUR", "Europe/Amsterdam"),
    "NO": CountryDefaults("NOK", "Europe/Oslo"),
    "PL": CountryDefaults("PLN", "Europe/Warsaw"),
    "PT": CountryDefaults("EUR", "Europe/Lisbon"),
    "SE": CountryDefaults("SEK", "Europe/Stockholm"),
    "SI": CountryDefaults("EUR", "Europe/Ljubljana"),
    "SK": CountryDefaults("EUR", "Europe/Bratislava"),
    "US": CountryDefaults("USD", "America/New_York"),
}


def country_choices() -> list[tuple[str, str]]:
    """Codes and names in the reader's language, by name."""
    names = Locale.parse(to_locale(get_language() or "en")).territories
    return sorted(((code, names[code]) for code in COUNTRIES), key=lambda choice: choice[1])


def country_of_visitor(accept_language: str) -> str:
    """The country that a browser's languages name first ("de-CH,de;q=0.9" is CH), else Germany."""
    for tag in accept_language.split(","):
        region = tag.partition(";")[0].strip().rpartition("-")[2].upper()
        if region in COUNTRIES and "-" in tag:
            return region
    return "DE"
