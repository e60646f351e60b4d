"""The platform's own back office: organizers, their state and figures, from a public read model that the outbox feeds."""
