"""`make chaos`: kill processes and servers at every step of a sale and count what was lost (docs/chaos.md)."""
