"""Recognising files that are no CSV in UTF-8, to name them and the way out."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

GZIP_MAGIC: Final = b"\x1f\x8b"
PARQUET_MAGIC: Final = b"PAR1"

_SAVE_AS_CSV: Final = "Open it there and save it as CSV (UTF-8)"
_UNPACK: Final = "Unpack it, or compress the CSV file with gzip"
_EXPORT: Final = "Export the table as CSV in UTF-8"
_SAVE_AS_UTF8: Final = "Save it as UTF-8"

# First bytes of a file -> what it is, and the way out. A longer match stands before a shorter one.
_MAGIC: Final[tuple[tuple[bytes, str, str], ...]] = (
    (GZIP_MAGIC, "compressed twice", "Compress it once"),
    (PARQUET_MAGIC, "a Parquet file inside gzip", "Unpack it with gunzip"),
    (b"\xff\xfe\x00\x00", "UTF-32, not UTF-8 text", _SAVE_AS_UTF8),
    (b"\x00\x00\xfe\xff", "UTF-32, not UTF-8 text", _SAVE_AS_UTF8),
    (b"\xff\xfe", "UTF-16, not UTF-8 text", _SAVE_AS_UTF8),
    (b"\xfe\xff", "UTF-16, not UTF-8 text", _SAVE_AS_UTF8),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", _SAVE_AS_CSV),
    (b"\xfd7zXZ\x00", "compressed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", _UNPACK),
    (b"\x04\x22\x4d\x18", "compressed with lz4", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"ARROW1\x00\x00", "an Arrow or Feather file", "Write it as CSV"),
    (b"FEA1\x00\x00\x00\x00", "a Feather file", "Write it as CSV"),
    (b"SQLite format 3\x00", "an SQLite database", _EXPORT),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _EXPORT),
    (b"\x93NUMPY", "a NumPy array (.npy)", _EXPORT),
    (b"Obj\x01", "an Avro file", _EXPORT),
    (b"$FL2", "an SPSS file", _EXPORT),
    (b"<stata_dta>", "a Stata file", _EXPORT),
    (b"%PDF-", "a PDF", _EXPORT),
    (b"\x89PNG", "a picture (PNG)", _EXPORT),
    (b"\xff\xd8\xff", "a picture (JPEG)", _EXPORT),
    (
        b"version https://git-lfs.github.com/spec/",
        "a pointer of Git LFS, not the file itself",
        "Fetch it with `git lfs pull`",
    ),
)
_ZIPPED: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"xl/", "an Excel workbook (.xlsx)", _SAVE_AS_CSV),
    (b"[Content_Types].xml", "an Excel workbook (.xlsx)", _SAVE_AS_CSV),
    (b"opendocument", "a LibreOffice document", _SAVE_AS_CSV),
    (b".npy", "a NumPy archive (.npz)", _EXPORT),
    (b"", "a zip archive", _UNPACK),
)
_N_FIRST_BYTES: Final = 4096
# Enough to tell languages apart, and not slower than reading a whole submission.
_N_SAMPLE_BYTES: Final = 1 << 13
_TAR: Final = (257, b"ustar")
# Protocols 2 to 5; from 4 on a frame follows, before it an opcode.
_PICKLE: Final = re.compile(rb"\x80(?:[\x02\x03][\x28-\x7d]|[\x04\x05]\x95)")
_BZIP2: Final = re.compile(rb"BZh[1-9]1AY&SY")
_SEPARATOR_LINE: Final = re.compile(rb'"?sep=(.?)"?\r?\n', re.IGNORECASE)
_FEWEST_TYPICAL: Final = 0.9


def foreign_format(content: bytes) -> str | None:
    r"""Return what a file is that is no CSV in UTF-8, with the way out; None if nothing is known.

    Parameters
    ----------
    content : bytes
        The file, or its beginning.

    Examples
    --------
    >>> foreign_format(b"%PDF-1.7")
    'is a PDF. Export the table as CSV in UTF-8.'
    >>> foreign_format(b"sep=;\nDate;Fraud")
    "begins with Excel's line 'sep=;'. Delete that line, and separate the cells with commas."
    >>> foreign_format(b"Date,Fraud") is None
    True
    """
    if (known := known_format(content)) is not None:
        return f"is {known[0]}. {known[1]}."
    if (line := _SEPARATOR_LINE.match(content[:_N_FIRST_BYTES])) is not None:
        separator = line[1].decode("ascii", "replace")
        more = "" if separator in (",", "") else ", and separate the cells with commas"
        return f"begins with Excel's line 'sep={separator}'. Delete that line{more}."
    return None


def known_format(content: bytes) -> tuple[str, str] | None:
    r"""Return the name of a format other than text in UTF-8, and the way to CSV; None if unknown.

    Examples
    --------
    >>> known_format(b"PK\x03\x04")
    ('a zip archive', 'Unpack it, or compress the CSV file with gzip')
    """
    start = content[:_N_FIRST_BYTES]
    return _of_magic(start) or _of_text(start.lstrip().lower())


def _of_magic(start: bytes) -> tuple[str, str] | None:
    for magic, name, way_out in _MAGIC:
        if start.startswith(magic):
            return name, way_out
    if start.startswith(b"PK\x03\x04"):
        return next((name, out) for part, name, out in _ZIPPED if part in start)
    if start[_TAR[0] :].startswith(_TAR[1]):
        return "a tar archive", _UNPACK
    if _BZIP2.match(start):
        return "compressed with bzip2", _UNPACK
    if _PICKLE.match(start):
        return "a pickle of Python", "Write the table as CSV: frame.to_csv(path, index=False)"
    for first in (0, 1):
        half = start[first:64:2]
        if len(half) > 3 and not any(half) and all(start[1 - first : 64 : 2]):
            return "UTF-16, not UTF-8 text", _SAVE_AS_UTF8
    return None


def _of_text(start: bytes) -> tuple[str, str] | None:
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page (of a login, or an error?)", "Download the file again"
    if start.startswith(b"<?xml"):
        return "XML", _EXPORT
    if re.match(rb'(?:\[\s*)?\{\s*"', start) or start.startswith(b"{}"):
        return "JSON", "Write the table as CSV"
    return None


def likely_encoding(content: bytes, place: int) -> str:
    """Return the likely encoding of text that is not UTF-8, or '' if no test supports one.

    Parameters
    ----------
    content : bytes
        The file.
    place : int
        Place of the first byte that is not UTF-8.

    Examples
    --------
    >>> likely_encoding("신고번호,2020".encode("cp949"), 0)
    'cp949 (EUC-KR)'
    >>> likely_encoding("Gütertarif,2020".encode("latin-1"), 1)
    'Latin-1 (Windows-1252)'
    >>> likely_encoding(bytes(range(128, 256)), 0)
    ''
    """
    start = content.rfind(b"\n", 0, place) + 1
    # A sample may end inside a character; whole lines do not.
    sample = content[start : start + _N_SAMPLE_BYTES]
    if len(sample) == _N_SAMPLE_BYTES and b"\n" in sample:
        sample = sample[: sample.rindex(b"\n")]
    for codec, name, is_typical in (
        ("euc_kr", "cp949 (EUC-KR)", _is_hangul),
        ("cp949", "cp949 (EUC-KR)", _is_hangul),
        ("cp1252", "Latin-1 (Windows-1252)", _is_latin),
    ):
        try:
            text = sample.decode(codec)
        except UnicodeDecodeError:
            continue
        places = [place for place, c in enumerate(text) if not c.isascii()]
        foreign = [text[place] for place in places]
        typical = sum(map(is_typical, foreign))
        if codec == "cp1252":  # foreign letters stand among others in a word
            typical = min(typical, sum(_is_in_word(text, place) for place in places))
        if foreign and "\0" not in text and typical >= _FEWEST_TYPICAL * len(foreign):
            return name
    return ""


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _is_in_word(text: str, place: int) -> bool:
    around = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    return any(c.isalpha() and c.isascii() for c in around)


def _is_latin(character: str) -> bool:
    is_letter = unicodedata.category(character) in ("Lu", "Ll")
    return is_letter or character in "\u2013\u2019\u201c\u201d\xa0\xb0\xdf\u20ac"
