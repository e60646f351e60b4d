"""Who the organizers are, which host is whose, and how each gets and keeps a database schema of its own.

Nouns: Organizer (the tenant), Domain, PreparedSchema, MigrationScript, SchemaMigration.
Verbs: open_organizer, finish_opening, suspend_organizer, resume_organizer, add_domain, remove_domain, prepare_schema.
It chooses the schema once, at the edge (middleware, socket scope, task header); nothing below mentions it again. It never
knows what an organizer sells, and never alters a table while a person waits. `docs/tenancy.md` explains the whole.
"""
