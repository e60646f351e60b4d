"""The API of an organizer's host: one router per resource, one error shape, one OpenAPI document."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from scanning.api import router as scans
from storefront.api import router as sales
from ui.problems import JsonParser, describe_problems, register_problems


class OrganizerAPI(NinjaAPI):
    """NinjaAPI whose document says how problems come."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        describe_problems(schema)
        return schema


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
api.add_router("", scans)
