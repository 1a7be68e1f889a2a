"""Every setting of an installation: its type, its unit, its default, and how it is read.

Settings are written down by noun and imported from here.
"""

from entrepot.config.events import Events, WebhookSetting, webhooks
from entrepot.config.limits import Limits, Quotas, rates
from entrepot.config.listeners import Bound, BoundListener, Listener, Tls, address
from entrepot.config.problems import ConfigError
from entrepot.config.settings import PREFIX, Key, Log, Metrics, Oci, Oidc, Settings, keys
from entrepot.config.sources import FILE_VARIABLE, load
from entrepot.config.storage import Archive, Database, Gc, Lifecycle, Protection, Scrub, Storage, Trash
from entrepot.config.units import DAY

__all__ = [
    "DAY",
    "FILE_VARIABLE",
    "PREFIX",
    "Archive",
    "Bound",
    "BoundListener",
    "ConfigError",
    "Database",
    "Events",
    "Gc",
    "Key",
    "Lifecycle",
    "Limits",
    "Listener",
    "Log",
    "Metrics",
    "Oci",
    "Oidc",
    "Protection",
    "Quotas",
    "Scrub",
    "Settings",
    "Storage",
    "Tls",
    "Trash",
    "WebhookSetting",
    "address",
    "keys",
    "load",
    "rates",
    "webhooks",
]
