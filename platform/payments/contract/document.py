"""Where the derived document is kept: once per SDK version, in the repository's ignored `var/` folder."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import tempfile
from functools import cache
from pathlib import Path

from payments.contract import derive as derivation
from payments.contract import selection
from payments.contract.validate import Contract

REPOSITORY = Path(__file__).resolve().parents[3]


def sdk_root() -> Path:
    """The folder of the installed `stripe` package, found without importing it."""
    spec = importlib.util.find_spec("stripe")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the stripe SDK is not installed")
    return Path(spec.origin).parent


def cache_path() -> Path:
    """The cache file for the installed SDK and this version of the derivation.

    The folder is `STRIPE_CONTRACT_CACHE` when set, else `var/` of the repository.
    """
    sources = [Path(module.__file__).read_bytes() for module in (derivation, selection) if module.__file__]
    digest = hashlib.sha256(b"".join(sources)).hexdigest()[:12]
    folder = Path(os.environ.get("STRIPE_CONTRACT_CACHE") or REPOSITORY / "var")
    return folder / f"stripe-contract-{importlib.metadata.version('stripe')}-{digest}.json"


@cache
def load_contract() -> Contract:
    """The contract of the installed SDK: read from the cache, or derived in a few seconds and kept there."""
    path = cache_path()
    try:
        return Contract(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        document = derivation.derive(sdk_root())
        _keep(path, json.dumps(document, separators=(",", ":")))
        return Contract(document)


def _keep(path: Path, text: str) -> None:
    """Write through a temporary file, so that processes starting together never read half a document."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
        for older in path.parent.glob("stripe-contract-*.json"):
            if older != path:
                older.unlink(missing_ok=True)
    except OSError:
        # A read-only folder costs the next start a few seconds, nothing else.
        return
