"""The API of an organizer's host: one router per resource, one error shape, one OpenAPI document."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from idempotency.actions import LONGEST_KEY
from organizer_portal.api import router as seat_maps
from organizer_portal.codes_api import router as codes
from scanning.api import router as scans
from storefront.api import router as sales
from storefront.buyers_api import router as buyers
from ui.problems import JsonParser, describe_problems, register_problems

NEEDS_KEY = {"create_hold", "create_order"}


class OrganizerAPI(NinjaAPI):
    """NinjaAPI whose document says how problems come, and which headers are required."""

    _document: OpenAPISchema | None = None

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """The document, made once: it takes a sixth of a second, anybody may ask for it, and it is the same for all."""
        if self._document is None:
            document = super().get_openapi_schema(**kwargs)
            describe_problems(document)
            for path in document["paths"].values():
                for operation in path.values():
                    _describe_parameters(operation)
            self._document = document
        return self._document


def _describe_parameters(operation: dict[str, Any]) -> None:
    """A parameter is there or not, never null. Where a key is needed, its absence is our refusal and not ninja's."""
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        schema |= next((kind for kind in schema.pop("anyOf", []) if kind.get("type") != "null"), {})
        if parameter["name"] == "Idempotency-Key" and operation["operationId"] in NEEDS_KEY:
            schema |= {"minLength": 1, "maxLength": LONGEST_KEY}
            parameter["required"] = True


api = OrganizerAPI(
    title="Marquee",
    version="1.0.0",
    description="Sell and admit on an organizer's own host. Amounts are integers in minor units; instants are UTC.",
    urls_namespace="api",
    docs_url=None,
    parser=JsonParser(),
)
register_problems(api)
api.add_router("", sales)
api.add_router("", buyers)
api.add_router("", scans)
api.add_router("", seat_maps)
api.add_router("", codes)
