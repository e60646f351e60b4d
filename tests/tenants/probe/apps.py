from django.apps import AppConfig


class ProbeConfig(AppConfig):
    name = "tests.tenants.probe"
    label = "probe"
