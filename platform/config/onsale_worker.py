"""The server of the on-sale path: gunicorn's ASGI worker, with the backlog that it was told."""

from functools import partial

from gunicorn.workers.gasgi import ASGIWorker


class OnSaleWorker(ASGIWorker):  # type: ignore[misc]
    """`gunicorn -c python:config.gunicorn_conf -k config.onsale_worker.OnSaleWorker`.

    gunicorn listens with its `backlog`, then asyncio's `create_server` listens on the same socket again with its own default of
    100: whoever came in the first moment of a rush beyond that had to try again after one second, and after three.
    """

    async def _serve(self) -> None:
        self.loop.create_server = partial(self.loop.create_server, backlog=self.cfg.backlog)
        await super()._serve()
