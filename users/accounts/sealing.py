"""Secrets of second factors are sealed before they are stored: who reads the database, or a backup of it, has none.

The key is made of PORTAL_SECRET_KEY. Former keys (PORTAL_FORMER_SECRET_KEYS) still open what they sealed.
"""

import base64
import logging

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

_SALT = "users.accounts.sealing"

logger = logging.getLogger(__name__)


def seal(text: str) -> str:
    """The text in a form that only `unseal` can read."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str | None:
    """The text; None where no key that is known sealed it."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        logger.error("a second factor was sealed with a key that is not known: see PORTAL_FORMER_SECRET_KEYS")
        return None


def _keys() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return salted_hmac(_SALT, "second factors", secret=key, algorithm="sha256").digest()
