"""How Marquee is started and shipped: the launcher for a developer's machine, images and runbooks for servers."""
