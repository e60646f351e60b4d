"""RFC 9457 problem documents: how the API says no."""

import json
import logging
from http import HTTPStatus
from typing import Any, Never

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from pydantic import ConfigDict, Field

from ui.errors import BodyTooLarge, DomainError, MalformedBody, NotFound, NotJson, NotSignedIn, Overloaded

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


class FieldProblem(Schema):
    """What is wrong with one member of the request."""

    field: str = Field(description="Where, as a dotted path", examples=["body.items.0.quantity"])
    detail: str = Field(description="What is wrong with it")


class Problem(Schema):
    """RFC 9457. `code` is stable and for programs; `title` and `detail` are for people. More members may be present."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(default="about:blank", description="Always about:blank: `code` tells problems apart")
    title: str
    status: int
    detail: str
    code: str = Field(examples=["sold_out"])
    errors: list[FieldProblem] = Field(default=[], description="For invalid input: what is wrong where")


def problem(*, status: int, code: str, title: str, detail: str, **extra: Any) -> HttpResponse:
    """One problem document as a response; the same members give the same bytes."""
    known = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    body = {**known, **{name: extra[name] for name in sorted(extra)}}
    response = JsonResponse(body, status=status, content_type=CONTENT_TYPE)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response["Retry-After"] = "1"
    return response


def domain_problem(error: DomainError) -> HttpResponse:
    """A refused rule as a response."""
    return problem(**members_of(error))


def members_of(error: DomainError) -> dict[str, Any]:
    """The problem document of a refused rule as plain JSON values, for `problem(**members)`."""
    return {
        "status": error.status,
        "code": error.code,
        "title": str(error.title),
        "detail": str(error.detail),
        **error.extra,
    }


def problem_instead_of(response: HttpResponse) -> HttpResponse:
    """A problem document for a refusal that never reached an operation: a wrong method, a request no one could read."""
    status = HTTPStatus(response.status_code)
    code = "bad_request" if status == 400 else status.name.lower()
    answer = problem(status=status, code=code, title=status.phrase, detail=status.description or status.phrase)
    if "Allow" in response.headers:
        answer["Allow"] = response["Allow"]
    return answer


class JsonParser(Parser):
    """Takes application/json and nothing else, so that no form of another site can speak to the API."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's value. Raises NotJson, MalformedBody."""
        if request.content_type != "application/json":
            raise NotJson(_("Send the body as application/json."))
        try:
            return json.loads(request.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise MalformedBody(_("The body is not JSON that we can read.")) from error


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


def register_problems(api: NinjaAPI) -> None:
    """Make every way an operation can fail answer in the one shape."""

    @api.exception_handler(DomainError)
    def _domain(request: HttpRequest, error: DomainError) -> HttpResponse:
        return domain_problem(error)

    @api.exception_handler(AuthenticationError)
    def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return domain_problem(NotSignedIn(_("Send your token as “Authorization: Bearer <token>”.")))

    @api.exception_handler(Http404)
    def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
        return domain_problem(NotFound())

    @api.exception_handler(RequestDataTooBig)
    def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return domain_problem(BodyTooLarge())

    @api.exception_handler(UnreadablePostError)
    def _cut_off(request: HttpRequest, error: UnreadablePostError) -> HttpResponse:
        return domain_problem(MalformedBody(_("The body ended before it was complete.")))

    @api.exception_handler(OperationalError)
    def _overloaded(request: HttpRequest, error: OperationalError) -> HttpResponse:
        # A lock or a connection that did not come in time. Nothing was committed, so the same key may be sent again.
        logger.exception("%s %s found the database busy", request.method, request.path)
        return domain_problem(Overloaded())

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [
            {"field": ".".join(str(part) for part in item["loc"] if part != "payload"), "detail": item["msg"]}
            for item in error.errors
        ]
        detail = "; ".join(f"{item['field']}: {item['detail']}" for item in errors)[:500]
        return problem(status=422, code="invalid_input", title="Invalid input", detail=detail, errors=errors)

    @api.exception_handler(HttpError)
    def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
        if isinstance(error.__cause__, DomainError):  # ninja wraps whatever a parser raises
            return domain_problem(error.__cause__)
        return problem(
            status=error.status_code, code="bad_request", title="Bad request", detail=error.message or "Bad request"
        )


# What any operation may answer, and what any that takes a body may: refusals from before the operation itself.
ALWAYS = {
    403: "The organizer is suspended",
    404: "No such thing here, or no organizer at this host",
    500: "Something broke on our side; nothing was done",
    503: "Busy or being prepared: try again with the same key after Retry-After seconds",
}
WITH_BODY = {
    400: "The body is not JSON",
    413: "The body is too large",
    415: "The body is not sent as application/json",
    422: "The body, or a part of it, is out of bounds",
}


def describe_problems(schema: dict[str, Any]) -> dict[str, Any]:
    """Say in an OpenAPI document, for every operation, which problems it may answer with, as application/problem+json."""
    for path in schema["paths"].values():
        for operation in path.values():
            _describe_operation(operation)
    return schema


def _describe_operation(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for response in responses.values():
        content = response.get("content", {})
        json_content = content.get("application/json", {})
        if str(json_content.get("schema", {}).get("$ref", "")).endswith("/Problem"):
            response["content"] = {CONTENT_TYPE: json_content}
    further = {**ALWAYS, **(WITH_BODY if "requestBody" in operation else {})}
    for status, description in further.items():
        if status not in responses:
            responses[status] = {
                "description": description,
                "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
    operation["responses"] = {status: responses[status] for status in sorted(responses, key=int)}
