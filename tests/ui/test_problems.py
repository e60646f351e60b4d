"""Problem documents: one shape for every refusal, whoever refuses."""

import json
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseNotAllowed
from django.test import RequestFactory
from django.utils.translation import override

from config.settings import LANGUAGES
from ui.errors import BadInput, DomainError, MalformedBody, NotFound, NotJson
from ui.middleware import AddressMiddleware, ApiMiddleware
from ui.problems import CONTENT_TYPE, JsonParser, Problem, domain_problem, members_of, problem, problem_instead_of


def read(response: HttpResponse) -> dict[str, Any]:
    assert response["Content-Type"] == CONTENT_TYPE
    document: dict[str, Any] = json.loads(response.content)
    Problem.model_validate(document)
    return document


def test_a_problem_has_the_members_of_the_rfc_and_a_code() -> None:
    response = problem(status=409, code="sold_out", title="Sold out", detail="None left.", available=0)

    assert response.status_code == 409
    assert read(response) == {
        "type": "about:blank",
        "title": "Sold out",
        "status": 409,
        "detail": "None left.",
        "code": "sold_out",
        "available": 0,
    }


def test_the_same_members_give_the_same_bytes_in_whatever_order_they_come() -> None:
    one = problem(status=409, code="c", title="t", detail="d", a=1, b=2, z=3)
    other = problem(z=3, b=2, detail="d", a=1, title="t", code="c", status=409)

    assert one.content == other.content


@pytest.mark.parametrize(("status", "header"), [(401, ("WWW-Authenticate", "Bearer")), (503, ("Retry-After", "1"))])
def test_some_statuses_say_what_to_do(status: int, header: tuple[str, str]) -> None:
    assert problem(status=status, code="c", title="t", detail="d")[header[0]] == header[1]


def test_a_refused_rule_is_its_own_document_with_its_extra_members() -> None:
    class TooMany(BadInput):
        code = "too_many"
        title = "Too many"

    refusal = TooMany("At most 4.", limit=4, field="quantity")

    assert read(domain_problem(refusal)) == {"type": "about:blank", **members_of(refusal)}
    assert members_of(refusal) == {
        "status": 422,
        "code": "too_many",
        "title": "Too many",
        "detail": "At most 4.",
        "limit": 4,
        "field": "quantity",
    }


def test_a_refusal_without_words_uses_its_title() -> None:
    assert members_of(NotFound())["detail"] == "Not found"


def all_refusals(kind: type[DomainError] = DomainError) -> list[type[DomainError]]:
    """Every kind of refusal in the product."""
    import config.api  # noqa: F401  # loads every app's errors

    found = []
    for child in kind.__subclasses__():
        if not child.__module__.startswith(("tests", "test_")) and "<locals>" not in child.__qualname__:
            found += [child, *all_refusals(child)]
    return found


def test_codes_are_stable_words_and_each_says_one_thing() -> None:
    seen: dict[str, type[DomainError]] = {}
    for refusal in all_refusals():
        assert refusal.code.isascii(), refusal
        assert refusal.code == refusal.code.lower().replace(" ", "_"), refusal
        assert 400 <= refusal.status <= 503, refusal
        assert str(refusal.title).strip(), refusal
        if "code" in vars(refusal):
            assert seen.setdefault(refusal.code, refusal) is refusal, refusal.code
    assert len(seen) > 25


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_words_follow_the_reader_and_codes_do_not(language: str) -> None:
    with override(language):
        document = read(domain_problem(NotJson()))

    assert document["code"] == "unsupported_media_type"


def test_what_never_reached_an_operation_becomes_a_problem_under_api_alone() -> None:
    def refuse(request: object) -> HttpResponse:
        return HttpResponseNotAllowed(["GET", "POST"], b"plain")

    under_api = ApiMiddleware(refuse)(RequestFactory().put("/api/v1/events"))
    elsewhere = ApiMiddleware(refuse)(RequestFactory().put("/events/"))

    assert read(under_api)["code"] == "method_not_allowed"
    assert under_api["Allow"] == "GET, POST"
    assert elsewhere.content == b"plain"
    assert "Cache-Control" not in elsewhere


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 413, 414, 418, 429, 431, 500, 501, 502, 503, 504])
def test_any_status_can_be_told_as_a_problem(status: int) -> None:
    document = read(problem_instead_of(HttpResponse(b"inner words", status=status)))

    assert document["status"] == status
    assert "inner words" not in str(document)


def test_an_answer_of_the_api_says_how_long_it_may_be_kept_or_is_not_kept() -> None:
    def kept(request: object) -> HttpResponse:
        return HttpResponse(b"{}", headers={"Cache-Control": "max-age=5"})

    request = RequestFactory().get("/api/v1/events")
    assert ApiMiddleware(lambda _: HttpResponse(b"{}"))(request)["Cache-Control"] == "no-store"
    assert ApiMiddleware(kept)(request)["Cache-Control"] == "max-age=5"


def test_an_address_with_a_nul_is_nowhere() -> None:
    from django.http import Http404

    guard = AddressMiddleware(lambda _: HttpResponse(b"reached"))

    assert guard(RequestFactory().get("/a")).content == b"reached"
    with pytest.raises(Http404):
        guard(RequestFactory().get("/a%00b"))


@pytest.mark.parametrize(
    ("body", "value"), [(b"{}", {}), (b"[1, 2.5, null]", [1, 2.5, None]), ('"é"'.encode(), "é"), (b"\xef\xbb\xbf1", 1)]
)
def test_json_is_read(body: bytes, value: object) -> None:
    request = RequestFactory().post("/api/v1/x", body, content_type="application/json")

    assert JsonParser().parse_body(request) == value


@pytest.mark.parametrize(
    "body", [b" ", b"{", b"NaN", b"[Infinity]", b"-Infinity", b"[" * 100_000, b"9" * 5000, b"\xff"]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    request = RequestFactory().post("/api/v1/x", body, content_type="application/json")

    with pytest.raises(MalformedBody):
        JsonParser().parse_body(request)
