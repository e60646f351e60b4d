"""Files that were uploaded: only what the API tells of them is kept, never their content."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, listing
from payments.sandbox.errors import StripeError
from payments.sandbox.store import JsonObject, new_id, now

LARGEST = 5 * 1024 * 1024  # of evidence, in bytes
TYPES = {b"%PDF": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}


@endpoint("post", "/v1/files")
def create(call: Call) -> JsonObject:
    upload = call.upload
    if upload is None:
        raise StripeError("Missing required param: file.", code="parameter_missing", param="file")
    kind = next((name for start, name in TYPES.items() if upload.content.startswith(start)), "")
    if not kind:
        raise StripeError("The file must be a PDF, PNG or JPEG.", param="file")
    if len(upload.content) > LARGEST:
        raise StripeError("The file is too large for dispute evidence.", param="file")
    identifier = new_id("file")
    file: JsonObject = {
        "id": identifier,
        "object": "file",
        "created": now(),
        "expires_at": None,
        "filename": upload.name,
        "links": {"object": "list", "data": [], "has_more": False, "url": f"/v1/file_links?file={identifier}"},
        "purpose": call.params["purpose"],
        "size": len(upload.content),
        "title": None,
        "type": kind,
        "url": f"{call.base_url}/v1/files/{identifier}/contents",
    }
    return call.save(file)


@endpoint("get", "/v1/files")
def list_all(call: Call) -> JsonObject:
    return listing(call, "file", fields={"purpose": call.params.get("purpose")})


@endpoint("get", "/v1/files/{file}")
def retrieve(call: Call) -> JsonObject:
    return call.get("file", call.ids["file"])
