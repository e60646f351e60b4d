"""Whole rows of one model by a condition in SQL, for the few reads that every sale waits for.

The ORM composes its SQL anew for every query, which takes longer than the query; here it is composed once. The instances are
ordinary ones. Columns come as the driver gives them, which is right for every type but JSON: that is read here.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def read(model: type[M], condition: str, params: Sequence[Any]) -> list[M]:
    """The rows of `model` that meet `condition` (SQL with %s for each of `params`), in no order."""
    names, select, of_json = _select(model)
    with connection.cursor() as cursor:
        cursor.execute(f"{select} WHERE {condition}", params)
        rows = cursor.fetchall()
    if of_json:
        rows = [[json.loads(value) if n in of_json else value for n, value in enumerate(row)] for row in rows]
    return [model.from_db(connection.alias, names, row) for row in rows]


def keep(instance: models.Model, name: str, rows: list[M]) -> None:
    """Let `instance.<name>.all()` give these rows without asking, as `prefetch_related` does."""
    manager = getattr(instance, name)
    for row in rows:
        setattr(row, manager.field.name, instance)
    related = manager.all()
    related._result_cache, related._prefetch_done = rows, True
    vars(instance).setdefault("_prefetched_objects_cache", {})[name] = related


@lru_cache
def _select(model: type[models.Model]) -> tuple[list[str], str, frozenset[int]]:
    fields = model._meta.concrete_fields
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    of_json = frozenset(n for n, field in enumerate(fields) if isinstance(field, models.JSONField) and not field.null)
    return [field.attname for field in fields], f"SELECT {columns} FROM {quote(model._meta.db_table)}", of_json
