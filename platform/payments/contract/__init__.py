"""What Stripe's API accepts and answers, as a schema that can be checked against.

Nouns: `Contract` (the schema of one API version), `Violation` (one thing a request or an answer gets wrong).
Verbs: `load_contract`, `check_request`, `check_response`. The schema is derived from the type declarations of the
installed `stripe` SDK, so it belongs to exactly the API version that the SDK pins; nothing is downloaded.
It must never import Django, the SDK's code at run time (`recorder` excepted) or anything else of the product.
"""

from payments.contract.document import cache_path, load_contract
from payments.contract.records import check_request, check_response
from payments.contract.validate import Contract, Violation

__all__ = ["Contract", "Violation", "cache_path", "check_request", "check_response", "load_contract"]
