"""The provider that the installation has chosen."""

from functools import cache

from trellis.db.storage import Storage
from trellis.schema.extras import import_part
from trellis.subgraphs.payments.providers.base import PaymentProvider
from trellis.subgraphs.payments.providers.simulated import SimulatedProvider
from trellis.subgraphs.payments.settings import SIMULATED, PaymentSettings


def provider_of(storage: Storage) -> PaymentProvider:
    """By the environment. Raises ``ValueError`` for settings that make no sense."""
    settings = PaymentSettings.from_environment()
    if settings.provider == SIMULATED:
        return SimulatedProvider(storage)
    return _stripe(settings)


@cache
def _stripe(settings: PaymentSettings) -> PaymentProvider:
    """One for all, with its connections; its package is imported where it is used only."""
    module = import_part("trellis.subgraphs.payments.providers.stripe", "demo")
    provider: PaymentProvider = module.StripeProvider(settings.stripe_key, settings.stripe_api)
    return provider
