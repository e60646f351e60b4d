"""The database engine `tenants.pg`: which organizer's schema a statement runs on, kept per context, failing closed."""
