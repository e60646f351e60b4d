"""What both of gunicorn's servers need, pages and on-sale path: `gunicorn -c python:config.gunicorn_conf …`."""

import os
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  # gunicorn makes a file of its own there and unlinks it at once

backlog = 8192  # an on-sale brings thousands who connect in one moment
keepalive = 75  # seconds, longer than the proxy keeps a connection idle: none may close when a request goes out on it
# Once a second each worker touches a file, for the first process to see that it lives. On a disk the touch waits behind the
# commits of a database on the same disk, and nobody is answered for 4 to 6 ms: gunicorn's FAQ, "How do I avoid Gunicorn
# excessively blocking in os.fchmod?".
worker_tmp_dir = str(_MEMORY) if os.access(_MEMORY, os.W_OK) else None
