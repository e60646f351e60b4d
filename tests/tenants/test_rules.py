"""What the code must not do, since no backend could mend it; and which module an import finds."""

import ast
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import models

from tenants.checks import own_apps, require_own_apps

ROOT = Path(settings.ROOT)
CONTEXTS = {"schema_context", "tenant_context"}
LAZY = {
    "filter",
    "exclude",
    "all",
    "order_by",
    "select_related",
    "prefetch_related",
    "annotate",
    "values",
    "values_list",
}


def our_code() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product with its path; the sandbox and the launcher are programs of their own."""
    for name in own_apps(ROOT):
        folder = next(path for path in (ROOT / name, ROOT / "platform" / name) if path.is_dir())
        for path in sorted(folder.rglob("*.py")):
            relative = path.relative_to(ROOT).as_posix()
            if not relative.startswith(("platform/payments/sandbox/", "deploy/")):
                yield relative, ast.parse(path.read_text())


def called_name(node: ast.AST) -> str:
    """`a.b.c(...)` -> "c"."""
    function = node.func if isinstance(node, ast.Call) else node
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def offences(find: object) -> list[str]:
    return [f"{path}:{line}" for path, tree in our_code() for line in find(tree)]  # type: ignore[operator]


def test_no_context_is_used_as_a_decorator() -> None:
    """The decorator is one object for all threads: one leaves on the other's schema."""

    def find(tree: ast.Module) -> Iterator[int]:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from (d.lineno for d in node.decorator_list if called_name(d) in CONTEXTS)

    assert offences(find) == []


def test_no_lazy_queryset_leaves_its_context() -> None:
    """It would be evaluated on whatever schema is current later; return a list."""

    def find(tree: ast.Module) -> Iterator[int]:
        for node in ast.walk(tree):
            if isinstance(node, ast.With | ast.AsyncWith) and any(
                called_name(item.context_expr) in CONTEXTS for item in node.items
            ):
                returns = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return)]
                yield from (v.lineno for v in returns if isinstance(v, ast.Call) and called_name(v) in LAZY)

    assert offences(find) == []


def test_what_runs_after_a_commit_keeps_its_organizer() -> None:
    def find(tree: ast.Module) -> Iterator[int]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "transaction.on_commit":
                yield node.lineno

    # The wrapper itself; the outbox, which is beneath it and hands the schema's name over; and what only ends the process.
    allowed = ("tenants/transactions.py", "platform/outbox/actions.py", "platform/config/failpoints.py")
    assert [found for found in offences(find) if not found.startswith(allowed)] == []


MAY_HAVE_TASKS = (
    "/consumers.py:",
    "storefront/stock_hub.py:",  # a process's one reader of what sockets tell
    # The on-sale path answers many requests with one statement; its tasks end with the requests that wait for them.
    "inventory/lanes.py:",
    "storefront/onsale.py:",
)


@pytest.mark.parametrize("name", ["Thread", "create_task", "ensure_future", "run_in_executor", "to_thread"])
def test_nothing_outlives_its_request(name: str) -> None:
    """What must happen later is a task, which survives a restart. A socket's own tasks end with the socket."""

    def find(tree: ast.Module) -> Iterator[int]:
        return (node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and called_name(node) == name)

    assert [found for found in offences(find) if not any(place in found for place in MAY_HAVE_TASKS)] == []


def test_no_constraint_leads_from_an_organizer_to_public() -> None:
    """Hundreds of organizers' triggers on one public table make it slow, and creating them locks sign-in out."""
    tenant_apps = {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
    shared_apps = {config.label for config in apps.get_app_configs() if config.name in settings.SHARED_APPS}
    offending = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in tenant_apps
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and field.db_constraint
        and field.related_model._meta.app_label in shared_apps - tenant_apps
    ]

    assert offending == []


def test_an_app_is_public_or_an_organizers_or_both_on_purpose() -> None:
    both = set(settings.SHARED_APPS) & set(settings.TENANT_APPS)

    assert both == set(settings.BOTH_APPS)


def test_the_platform_folder_is_no_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert platform.system()
    assert str(ROOT) not in str(platform.__file__)


def test_every_import_finds_our_app() -> None:
    require_own_apps()
    assert {"tenants", "orders", "checkout", "ui", "storefront", "config"} <= set(own_apps(ROOT))


def test_a_library_that_owns_a_name_is_noticed(tmp_path: Path) -> None:
    for name in ("platform", "platform/json"):
        (tmp_path / name).mkdir()
    (tmp_path / "platform" / "json" / "__init__.py").touch()

    with pytest.raises(ImproperlyConfigured, match="import json"):
        require_own_apps(tmp_path)


def test_a_package_named_platform_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "__init__.py").touch()

    with pytest.raises(ImproperlyConfigured, match="platform"):
        require_own_apps(tmp_path)


def test_nobody_forgets_the_organizers_by_flushing() -> None:
    with pytest.raises(CommandError, match="forget every organizer"):
        call_command("flush", interactive=False)
