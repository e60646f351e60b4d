"""The platform's public site: sign-up, and discovery from a public read model (ListedEvent) that the outbox feeds."""
