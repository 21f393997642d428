from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from customs_data.errors import KitError
from customs_data.toml import check_types, from_table, read_toml


@dataclass(frozen=True)
class Part:
    share: float
    span: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self):
        if self.share > 1:
            raise ValueError("share is above 1.")


@dataclass(frozen=True)
class Whole:
    name: str
    part: Part
    parts: tuple[Part, ...] = ()
    kind: Literal["near", "far"] = "near"
    day: datetime.date = datetime.date(2026, 1, 1)
    file: Path | None = None
    seeds: tuple[int, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    is_open: bool = False
    derived: int = field(init=False, default=0)


GOOD = """
name = "x"
kind = "far"
day = 2026-02-03
file = "a/b"
seeds = [1, 2]
weights = {a = 1, b = 0.5}
is_open = true
[part]
share = 1
[[parts]]
share = 0.5
span = [1, 2]
"""


def read(tmp_path, content):
    path = tmp_path / "x.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return from_table(Whole, read_toml(path), path.name)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_kind_of_value_is_read(tmp_path, mark):
    assert read(tmp_path, mark + GOOD.replace("\n", "\r\n").encode()) == Whole(
        name="x",
        part=Part(1),
        parts=(Part(0.5, (1, 2)),),
        kind="far",
        day=datetime.date(2026, 2, 3),
        file=Path("a/b"),
        seeds=(1, 2),
        weights={"a": 1, "b": 0.5},
        is_open=True,
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('name = "x"', "", "x.toml: the key 'name' is missing."),
        ("seeds", "seed", "x.toml: unknown key 'seed'; is it 'seeds'?"),
        ("seeds", "derived", "x.toml: unknown key 'derived'; known keys: name, part, parts, "),
        ('"x"', "7", "x.toml: name must be text in quotes, not 7."),
        ('"far"', '"farther"', "x.toml: kind must be one of near, far, not 'farther'."),
        ("2026-02-03", '"3 May"', "x.toml: Invalid isoformat string: '3 May'"),
        ('"a/b"', "1", "x.toml: file must be a path in quotes, not 1."),
        ("[1, 2]\nw", "1\nw", "x.toml: seeds must be a list, not 1."),
        ("[1, 2]\nw", "[1.5]\nw", "x.toml: seeds must be a whole number, not 1.5."),
        ("{a = 1, b = 0.5}", "2", "x.toml: weights must be a table, not 2."),
        ("0.5}", '"much"}', "x.toml: weights.b must be a number, not 'much'."),
        ("true", "1", "x.toml: is_open must be true or false, not 1."),
        ("share = 1", "share = true", "x.toml: [part]: share must be a number, not True."),
        ("share = 1", "share = 2", "x.toml: [part]: share is above 1."),
        (
            "span = [1, 2]",
            "span = [1]",
            "span must be a list of 2 values, not [1].",
        ),
        ("[part]\nshare", "part", "x.toml: [part]: expected a table with keys, not 1."),
        ("=", "==", "x.toml is not a TOML file: "),
    ],
)
def test_a_wrong_entry_is_one_sentence(tmp_path, old, new, complaint):
    with pytest.raises(KitError) as error:
        read(tmp_path, GOOD.replace(old, new))
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(KitError, match=r"^No such file: .*missing\.toml\.$"):
        read_toml(tmp_path / "missing.toml")
    with pytest.raises(KitError, match=r"is a folder\. Name a TOML file in it\."):
        read_toml(tmp_path)
    with pytest.raises(KitError, match="is not UTF-8 text in line 1"):
        read(tmp_path, b"name = '\xff'")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (GOOD.encode("utf-16"), "x.toml is UTF-16, not UTF-8 text. It should be TOML, in UTF-8."),
        (GOOD.encode("utf-16-le"), "x.toml is UTF-16, not UTF-8 text. It should be TOML"),
        (
            GOOD.replace('"x"', "\u201cx\u201d").encode(),
            'Line 2 has curly quotes: write "straight"',
        ),
        (GOOD.replace('"x"', "\u2018x\u2019").encode(), "Line 2 has curly quotes"),
        (
            'name = "신고"\n'.encode("cp949"),
            "line 1. It looks like cp949 (EUC-KR); save it as UTF-8",
        ),
        (
            b'name = "x"\nkind = "\xff\xfe"\n',
            "x.toml is not UTF-8 text in line 2. Save it as UTF-8.",
        ),
        (b'{"name": "x"}', "x.toml is JSON. It should be TOML, in UTF-8."),
        (
            b"PK\x03\x04[Content_Types].xml",
            "x.toml is an Excel workbook (.xlsx). It should be TOML",
        ),
    ],
)
def test_a_file_that_is_no_toml_is_named(tmp_path, content, complaint):
    with pytest.raises(KitError) as caught:
        read(tmp_path, content)
    assert complaint in str(caught.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_quotes_in_comments_are_harmless(tmp_path, end):
    plain = read(tmp_path, GOOD)
    content = "# \u201cquoted\u201d\n[[parts]]\nshare = 1\n"
    assert read(tmp_path, GOOD.replace("\n", end)) == plain
    path = tmp_path / "tables.toml"
    path.write_bytes(content.replace("\n", end).encode())
    assert read_toml(path) == {"parts": [{"share": 1}]}


def test_types_are_checked_in_python_too():
    check_types(Whole("x", Part(0.5)))
    with pytest.raises(KitError, match=r"seeds must be a whole number, not '1'"):
        check_types(Whole("x", Part(0.5), seeds=("1",)))
