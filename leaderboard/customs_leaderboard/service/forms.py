"""Reading a multipart form as a stream, with a limit on every part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from customs_leaderboard.service.problem_details import BadUploadError

_N_PARTS: Final = 16


@dataclass(frozen=True)
class PartBegins:
    """A field or a file begins; `is_file` if it came with a file name (which is dropped)."""

    name: str
    is_file: bool


@dataclass(frozen=True)
class PartData:
    """Some bytes of the current part."""

    content: bytes


class FormParser:
    """Parser from the bytes of a form to its parts.

    Parameters
    ----------
    content_type : str
        Content-Type of the request.

    Raises
    ------
    BadUploadError
        If the header has no boundary. `feed` and `finish` raise it for a broken form.
    """

    def __init__(self, content_type: str) -> None:
        _, options = parse_options_header(content_type)
        self._events: list[PartBegins | PartData] = []
        self._disposition = b""
        self._header_name = self._header_value = b""
        self._n_parts = 0
        self._ended = False
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_end": self._on_end,
                },
            )
        except (KeyError, FormParserError):
            raise _broken() from None

    def feed(self, part: bytes) -> list[PartBegins | PartData]:
        """Parse some bytes and return what they contain."""
        self._events = []
        try:
            self._parser.write(part)
        except FormParserError:
            raise _broken() from None
        return self._events

    def finish(self) -> None:
        """Check that the form is complete."""
        if not self._ended:
            raise BadUploadError("The form breaks off before its end. Send it again.")

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        self._n_parts += 1
        _, options = parse_options_header(self._disposition)
        self._disposition = b""
        if b"name" not in options or self._n_parts > _N_PARTS:
            raise _broken()
        name = options[b"name"].decode("utf-8", errors="replace")
        self._events.append(PartBegins(name, b"filename" in options))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(PartData(data[start:end]))

    def _on_end(self) -> None:
        self._ended = True


def _broken() -> BadUploadError:
    return BadUploadError(
        f"The body is not a multipart form of at most {_N_PARTS} named parts. Send the file as "
        "the body itself, or with `curl -F file=@submission.csv`."
    )
