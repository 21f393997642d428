"""Kaggle's official client, restricted to one address.

The client is imported at the first upload only: `import kaggle` reads credentials and may send
them to Kaggle.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from typing import Any, Final
from urllib.parse import urlsplit

from customs_data.errors import KitError

_ENVIRONMENT: Final = "KAGGLE_API_ENVIRONMENT"
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_CREDENTIALS: Final = (
    "No Kaggle credentials. Put a token of your account into the variable KAGGLE_API_TOKEN or the "
    "file ~/.kaggle/access_token."
)


def endpoint_of_environment() -> str:
    """Return the client's address: Kaggle, unless KAGGLE_API_ENVIRONMENT names another.

    Raises
    ------
    KitError
        If the client does not know the variable's value.
    """
    from kagglesdk.kaggle_env import get_endpoint, get_env

    try:
        return str(get_endpoint(get_env()))
    except Exception:  # the client raises bare Exception for an unknown name
        raise KitError(
            f"The Kaggle client does not know {_ENVIRONMENT}={os.environ.get(_ENVIRONMENT)!r}. "
            "Unset it."
        ) from None


class KaggleService:
    """The official client, restricted to one address.

    Every call first compares the client's real address with the expected one. Only a part of the
    client understands KAGGLE_API_ENVIRONMENT=TEST; the rest would send a rehearsal to the real
    service.

    Parameters
    ----------
    api : kaggle.api.kaggle_api_extended.KaggleApi
        Client with credentials.
    endpoint : str
        Expected address.
    """

    def __init__(self, api: Any, endpoint: str) -> None:
        self._api = api
        self.endpoint = endpoint

    @property
    def username(self) -> str:
        """Name of the account."""
        return str(self._api.config_values.get("username") or "")

    def call(self, what: str, method: str, *arguments: Any, **named: Any) -> Any:
        """Call a method of the client.

        Parameters
        ----------
        what : str
            Action for messages, such as ``"creating the dataset"``.
        method : str
            Name of the method of ``KaggleApi``.
        *arguments, **named
            Its arguments.

        Raises
        ------
        KitError
            If the client would use another address, or Kaggle refuses; the message quotes Kaggle.
        """
        self.check_endpoint()
        try:
            with redirect_stdout(sys.stderr):  # the client prints; our output may be JSON
                return getattr(self._api, method)(*arguments, **named)
        except KitError:
            raise
        except (ValueError, OSError) as error:  # requests' errors are OSError
            raise KitError(
                f"Kaggle failed when {what}: {_sentence(error)} The steps after it were not done."
            ) from None

    def check_endpoint(self) -> None:
        """Check the client's real address.

        Raises
        ------
        KitError
            If it is not the expected one.
        """
        with self._api.build_kaggle_client() as client:
            endpoint = client.http_client()._endpoint
        if endpoint != self.endpoint:
            raise KitError(
                f"The Kaggle client would connect to {endpoint} instead of {self.endpoint}. Set "
                f"{_ENVIRONMENT} to LOCALHOST before the client is imported, or unset it."
            )


def connect(endpoint: str | None = None) -> KaggleService:
    """Connect with the user's credentials.

    Parameters
    ----------
    endpoint : str, optional
        Expected address; that of the environment by default.

    Raises
    ------
    KitError
        If there are no credentials, or the client would use another address.
    """
    expected = endpoint or endpoint_of_environment()
    try:
        with redirect_stdout(sys.stderr):
            from kaggle.api.kaggle_api_extended import KaggleApi

            class CheckedApi(KaggleApi):
                """Client that sends files nowhere else and raises if one was not accepted."""

                def upload_complete(
                    self, path: str, url: str, quiet: bool, resume: bool = False
                ) -> Any:
                    _check_upload(expected, url)
                    return super().upload_complete(path, url, quiet, resume)

                def _upload_blob(self, path: str, *arguments: Any, **named: Any) -> Any:
                    token = super()._upload_blob(path, *arguments, **named)
                    if token is None:  # the client would continue without the file
                        raise ValueError(f"{path} was not accepted.")
                    return token

            api = CheckedApi()
            service = KaggleService(api, expected)
            service.check_endpoint()  # before credentials are used
            api.authenticate()
    except SystemExit:
        raise KitError(_CREDENTIALS) from None
    return service


def _check_upload(endpoint: str, url: str) -> None:
    """Refuse to send a rehearsal's file to another host."""
    if urlsplit(endpoint).hostname in _LOCAL and urlsplit(url).hostname not in _LOCAL:
        raise KitError(
            f"A rehearsal at {endpoint} would send files to {url[:80]}. Nothing was sent."
        )


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else f"{text}."
