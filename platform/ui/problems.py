"""RFC 9457 problem documents: how the API says no."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import ConfigDict, Field

from ui.errors import DomainError, NotSignedIn

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
    """One problem document as a response."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, **extra}
    response = JsonResponse(body, status=status, content_type=CONTENT_TYPE)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response["Retry-After"] = "1"
    return response


def domain_problem(error: DomainError) -> HttpResponse:
    """A refused rule as a response."""
    return problem(
        status=error.status, code=error.code, title=str(error.title), detail=str(error.detail), **error.extra
    )


def register_problems(api: NinjaAPI) -> None:
    """Make every way an operation can fail answer in the one shape."""

    @api.exception_handler(DomainError)
    def _domain(request: HttpRequest, error: DomainError) -> HttpResponse:
        return domain_problem(error)

    @api.exception_handler(AuthenticationError)
    def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return domain_problem(NotSignedIn("Send your token as “Authorization: Bearer <token>”."))

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
        return problem(
            status=error.status_code, code="bad_request", title="Bad request", detail=error.message or "Bad request"
        )


def describe_problems(schema: dict[str, Any]) -> dict[str, Any]:
    """Say in an OpenAPI document that problems come as application/problem+json."""
    for path in schema["paths"].values():
        for operation in path.values():
            for response in operation.get("responses", {}).values():
                content = response.get("content", {})
                json = content.get("application/json", {})
                if str(json.get("schema", {}).get("$ref", "")).endswith("/Problem"):
                    response["content"] = {CONTENT_TYPE: json}
    return schema
