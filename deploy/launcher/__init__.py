"""Starts on one machine what Marquee needs: embedded Postgres and Redis, mailbox, Stripe sandbox, web, worker, clock.

`python -m deploy.launcher demo|test|services|run|manage`, and `set_up.sh` before there is an environment.
Nouns: a *place* (the folder, ports and passwords that belong to one demo or to the tests), a *service* (one child
process) and the *supervisor* that starts, watches and stops services. It knows the product only by its commands.
"""
