"""Tables that only grow: a migration operation that makes Postgres refuse UPDATE and DELETE on them.

A model says `append_only = True` in its class body, and the migration that creates its table is followed by
`AppendOnly("audit_entry")`. The trigger holds for every role; tenants/grants.py takes the privilege from the application's
role as well. TRUNCATE stays the owner's (tests empty tables with it).
"""

from typing import Any

from django.apps import apps
from django.db import router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# Created in the schema that is being migrated (the first on the path), so each schema stands alone. The body names no
# table, so it needs no path of its own.
_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$body$
"""
_TRIGGER = "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"


class AppendOnly(Operation):
    """Refuse UPDATE and DELETE on `table`, in every schema that has it; an attempt raises IntegrityError (23001)."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing that Django's models know about changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Create the trigger where the app's tables live."""
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            schema_editor.execute(_FUNCTION, params=None)
            schema_editor.execute(_TRIGGER.format(table=schema_editor.quote_name(self.table)), params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Drop the trigger; the function stays, others use it."""
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            table = schema_editor.quote_name(self.table)
            schema_editor.execute(f"DROP TRIGGER append_only ON {table}", params=None)

    def describe(self) -> str:
        """The line that `migrate` and `showmigrations` print."""
        return f"Refuse UPDATE and DELETE on {self.table}"


def append_only_tables() -> list[str]:
    """The tables of all models that say `append_only = True`, sorted."""
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False))
