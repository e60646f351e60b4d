"""The product as it runs in production, with one more address: the empty view that pages are measured against."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
