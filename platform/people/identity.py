"""When two e-mail addresses are one person's, for limits per person."""

_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}  # providers that ignore dots, and their one name


def buyer_key(email: str) -> str:
    """The address without what people vary to look like somebody else: letters' case and "+tag"; for Gmail also dots.

    Only for counting: mail goes to the address as typed. Other providers may tell "a.b" from "ab", so dots count there.
    """
    local, _at, domain = email.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), _DOTLESS[domain]
    return f"{local}@{domain}"
