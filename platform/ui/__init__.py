"""How the product looks and speaks: base templates, design tokens, components, shared TypeScript, and the small words
every door uses (money, ids, errors). It owns no tables and knows no app above it."""
