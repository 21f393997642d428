"""Kaggle through its official client: one place that connects, and that knows where it talks to.

Nothing here is imported before an upload is wanted: `import kaggle` reads credentials, and may ask
Kaggle about them.
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
    "Kaggle must know you, however: no credentials were found. Put a token of your account "
    "into the variable KAGGLE_API_TOKEN or the file ~/.kaggle/access_token."
)


def endpoint_of_environment() -> str:
    """Return the address that the environment names: Kaggle itself, unless a test says otherwise.

    Raises
    ------
    KitError
        If the environment names none that the client knows.
    """
    from kagglesdk.kaggle_env import get_endpoint, get_env

    try:
        return str(get_endpoint(get_env()))
    except Exception:  # the client raises bare Exception for an unknown name
        named = os.environ.get(_ENVIRONMENT)
        raise KitError(
            f"{_ENVIRONMENT} must name an environment of the Kaggle client, however: {named!r}. "
            "Unset it."
        ) from None


class KaggleService:
    """The official client, held to one address.

    Before every call the address the client would really talk to is compared with the one it was
    made for: one value of KAGGLE_API_ENVIRONMENT (TEST) is understood by a part of the client only,
    and would send a rehearsal to the real service.

    Parameters
    ----------
    api : kaggle.api.kaggle_api_extended.KaggleApi
        With credentials.
    endpoint : str
        Where it must talk to.
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
            What is done, for messages: ``"creating the dataset"``.
        method : str
            Of ``KaggleApi``.
        *arguments, **named
            For it.

        Raises
        ------
        KitError
            If the client would talk to another address, or Kaggle refuses; in its own words.
        """
        self.check_endpoint()
        try:
            with redirect_stdout(sys.stderr):  # the client prints; our output may be JSON
                return getattr(self._api, method)(*arguments, **named)
        except KitError:
            raise
        except (ValueError, OSError) as error:  # requests' errors are OSError
            raise KitError(
                f"Kaggle must answer when {what}, however: {_words(error)} Nothing more was done."
            ) from None

    def check_endpoint(self) -> None:
        """Hold the client to its address.

        Raises
        ------
        KitError
            If it would talk to another.
        """
        with self._api.build_kaggle_client() as client:
            found = client.http_client()._endpoint
        if found != self.endpoint:
            raise KitError(
                f"The Kaggle client must talk to {self.endpoint}, however: it would to {found}. "
                f"Set {_ENVIRONMENT} to LOCALHOST before it is imported, or unset it."
            )


def connect(endpoint: str | None = None) -> KaggleService:
    """Connect with the credentials at hand.

    Parameters
    ----------
    endpoint : str, optional
        Where the client must talk to; what the environment names by default.

    Raises
    ------
    KitError
        If there are no credentials, or the client would talk to another address.
    """
    expected = endpoint or endpoint_of_environment()
    try:
        with redirect_stdout(sys.stderr):
            from kaggle.api.kaggle_api_extended import KaggleApi

            class CheckedApi(KaggleApi):
                """The client, that sends no file elsewhere and leaves none out without a word."""

                def upload_complete(
                    self, path: str, url: str, quiet: bool, resume: bool = False
                ) -> Any:
                    _check_upload(expected, url)
                    return super().upload_complete(path, url, quiet, resume)

                def _upload_blob(self, path: str, *arguments: Any, **named: Any) -> Any:
                    token = super()._upload_blob(path, *arguments, **named)
                    if token is None:  # the client would go on without the file
                        raise ValueError(f"{path} was not taken.")
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
        raise KitError(f"A rehearsal must send files to {endpoint} only, however: {url[:80]}.")


def _words(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else f"{text}."
