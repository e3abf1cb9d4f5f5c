"""Stripe's wire protocol on loopback, for the demo and the tests: no money, no network, no live keys."""

from payments.sandbox.app import create_sandbox
from payments.sandbox.serving import Sandbox, open_sandbox, running_sandbox
from payments.sandbox.settings import Endpoint, SandboxRefused, SandboxSettings

__all__ = [
    "Endpoint",
    "Sandbox",
    "SandboxRefused",
    "SandboxSettings",
    "create_sandbox",
    "open_sandbox",
    "running_sandbox",
]
