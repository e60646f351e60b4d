"""Read-only reports and live dashboards over everything beneath it."""
