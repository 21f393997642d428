"""Hugging Face's official client, restricted to one address.

The client is imported at the first upload only: it reads its address and credentials then.
"""

from __future__ import annotations

import os
from typing import Any, Final
from urllib.parse import urlsplit

from customs_data.errors import KitError

_ENVIRONMENT: Final = "HF_ENDPOINT"
#: The client's second way of sending large files, whose addresses it does not let us see.
_NO_XET: Final = "HF_HUB_DISABLE_XET"
_DEFAULT: Final = "https://huggingface.co"
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_MISSING: Final = (
    "Sending takes Hugging Face's client, which is not installed: pip install "
    "'customs-kit[huggingface]'"
)
_CREDENTIALS: Final = (
    "No Hugging Face token. Put one with write access into the variable HF_TOKEN, or log in with "
    "`hf auth login`."
)


def endpoint_of_environment() -> str:
    """Return the client's address: Hugging Face, unless HF_ENDPOINT names another."""
    return os.environ.get(_ENVIRONMENT, _DEFAULT).rstrip("/")


class HubService:
    """The official client, restricted to one address.

    Every call first compares the client's real address with the expected one. A rehearsal at a
    local address sends nothing to any other host.

    Parameters
    ----------
    api : huggingface_hub.HfApi
        Client with credentials.
    endpoint : str
        Expected address.
    """

    def __init__(self, api: Any, endpoint: str) -> None:
        self._api = api
        self.endpoint = endpoint

    def call(self, what: str, method: str, **named: Any) -> Any:
        """Call a method of the client.

        Parameters
        ----------
        what : str
            Action for messages, such as ``"sending the files"``.
        method : str
            Name of the method of ``HfApi``.
        **named
            Its arguments.

        Raises
        ------
        KitError
            If the client would use another address, or the service refuses; the message quotes it.
        """
        from httpx2 import HTTPError

        self.check_endpoint()
        try:
            return getattr(self._api, method)(**named)
        except KitError:
            raise
        except (ValueError, OSError, HTTPError, RuntimeError) as error:
            raise KitError(
                f"Hugging Face failed when {what}: {_sentence(error)} The steps after it were not "
                "done."
            ) from None

    def check_endpoint(self) -> None:
        """Check the client's real addresses.

        Raises
        ------
        KitError
            If one is not the expected one.
        """
        from huggingface_hub import constants

        for endpoint in (self._api.endpoint, constants.ENDPOINT):
            if endpoint != self.endpoint:
                raise KitError(
                    f"The Hugging Face client would connect to {endpoint} instead of "
                    f"{self.endpoint}. Set {_ENVIRONMENT} before the client is imported, or unset "
                    "it."
                )
        if _is_local(self.endpoint) and not constants.HF_HUB_DISABLE_XET:
            raise KitError(
                f"A rehearsal at {self.endpoint} could send files to another host. Set "
                f"{_NO_XET}=1 before the client is imported. Nothing was sent."
            )


def connect(endpoint: str | None = None) -> HubService:
    """Connect with the user's credentials.

    Parameters
    ----------
    endpoint : str, optional
        Expected address; that of the environment by default.

    Raises
    ------
    KitError
        If the client is not installed, there are no credentials, or the client would use another
        address.
    """
    expected = endpoint or endpoint_of_environment()
    if _is_local(expected):
        os.environ.setdefault(_NO_XET, "1")
    try:
        from huggingface_hub import HfApi, get_session, get_token
    except ImportError:
        raise KitError(_MISSING) from None
    service = HubService(HfApi(endpoint=expected), expected)
    service.check_endpoint()  # before credentials are used
    if get_token() is None:
        raise KitError(_CREDENTIALS)
    if _is_local(expected):
        session = get_session()
        hooks = session.event_hooks
        hooks["request"].append(_stay_here)
        session.event_hooks = hooks
    return service


def _stay_here(request: Any) -> None:
    """Refuse to send anything of a rehearsal to another host."""
    if request.url.host not in _LOCAL:
        raise KitError(
            f"A rehearsal would connect to {str(request.url)[:80]}. Nothing was sent there."
        )


def _is_local(endpoint: str) -> bool:
    return urlsplit(endpoint).hostname in _LOCAL


def _sentence(error: Exception) -> str:
    """Return the message of an error; the client wraps that of an upload in another one."""
    parts = [str(one) or type(one).__name__ for one in (error, error.__cause__) if one is not None]
    text = " ".join(" ".join(parts).split())
    return text if text.endswith(".") else f"{text}."
