"""The one form in which a link is kept, compared and downloaded."""

import re
import unicodedata

import httpx2

from aggregate_service.links.errors import BadLink
from service_kit.messages.message import message

LONGEST = 4096
_BREAK = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_AROUND = " \u00a0\u200b\ufeff\"'<>`"
_SCHEME = re.compile(r"(https?):[/\\]+|//(?=[^/])", re.IGNORECASE)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?|[0-9a-f:.]+")
_USER = re.compile(r"//[^/?#]*@")
# A link that is its own normal form: nearly every one of a long list. Whatever may need a change isn't here.
_NORMAL = re.compile(
    r"https?://(?=[a-z0-9.-]{1,60}/)(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}"
    r"(?:/[A-Za-z0-9_~=,+-][A-Za-z0-9._~=,+-]*)*/?(?:\?[A-Za-z0-9._~/=&+,:@-]+)?"
)


def normal_link(text: str) -> str:
    """Percent-encoded, its host in ASCII, without a fragment; `BadLink` when it can't be one.

    Line breaks inside are taken out, quotes and brackets around it as well; a `%` that starts no escape
    is escaped itself, a backslash in the path is read as a slash, as browsers do.
    """
    if len(text) <= LONGEST and _NORMAL.fullmatch(text):
        return text
    unbroken = "".join(part.strip() for part in _BREAK.split(text))
    cleaned = unbroken.strip(_AROUND).replace("&amp;", "&").partition("#")[0]
    if not cleaned:
        raise BadLink(message("no-link"))
    if len(cleaned) > LONGEST:
        raise BadLink(message("link-too-long", most=f"{LONGEST:,}"))
    start = _SCHEME.match(cleaned)
    if start is None:
        raise BadLink(message("link-not-http", link=shown(cleaned)))
    return _valid(cleaned, start)


def shown(link: str) -> str:
    """A link for a message or a log: short, printable, and without a user's name and password."""
    printable = "".join(c if c.isprintable() else "�" for c in link)
    hidden = _USER.sub("//…@", printable)
    return hidden if len(hidden) <= 120 else f"{hidden[:117]}…"


def looks_like_a_link(text: str) -> bool:
    """Whether it starts as one; whether it is one, `normal_link` says."""
    return _SCHEME.match(text.lstrip(" \u00a0\u200b\ufeff\"'<`")) is not None


def _delimiters(authority: str) -> list[str]:
    """What separates the parts of an address; a full-width sign becomes one by normalisation."""
    return [letter for letter in authority if letter in "/?#@:[]\\"]


def _valid(cleaned: str, start: re.Match[str]) -> str:
    before_query, mark, query = cleaned[start.end() :].partition("?")
    read_by_others = before_query.partition("/")[0]
    authority, slash, path = before_query.replace("\\", "/").partition("/")
    host = unicodedata.normalize("NFKC", authority).lower()
    if ("\\" in read_by_others and "@" in read_by_others) or _delimiters(host) != _delimiters(authority):
        raise BadLink(message("link-read-differently", link=shown(cleaned)))
    rest = _STRAY_PERCENT.sub("%25", slash + path + mark + query)
    scheme = (start[1] or "https").lower()
    try:
        url = httpx2.URL(f"{scheme}://{host}{rest}")
        port = url.port
    except (httpx2.InvalidURL, UnicodeError):
        raise BadLink(message("link-not-valid", link=shown(cleaned))) from None
    if url.userinfo:
        raise BadLink(message("link-with-password", link=shown(cleaned)))
    if not _HOST.fullmatch(url.raw_host.decode("ascii")) or not (port is None or 0 < port < 65_536):
        raise BadLink(message("link-names-no-host", link=shown(cleaned)))
    return str(url)
