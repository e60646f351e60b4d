"""An organizer's app that exists for the migration tests alone (test_migrate_schemas.py installs it for a while)."""
