"""Names in any script, look-alikes, and names that hide something."""
# ruff: noqa: RUF001, E501

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_leaderboard.teams.names import (
    check_free,
    check_member_name,
    check_name,
    find_look_alike,
    key_of,
    skeleton,
)

NAMES = [
    "Équipe Été", "부산세관", "チーム1", "فريق", "Команда 7", "Ομάδα Α", "צוות 5", "ทีมศุลกากร", "海关 Team",
    "Đội 1", "टीम", "Ọ̀yọ́", "ကြွော်", "გუნდი", "Team ひらカタ漢字", "관세청 漢字 A", "Busan-2_b.v1", "٢٠٢٦ فريق",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_script_are_allowed(name):
    assert check_name(name) == unicodedata.normalize("NFKC", name)


@pytest.mark.parametrize(
    "name",
    ["", "x", "x" * 41, " ab", "ab ", "a  b", "=1+1", "-ab", "@ab", "+ab", "a\tb", "a\nb", "<b>ab</b>",
     "a'b", 'a"b', "a/b", "a\\b", "a;b", "a\u202eb", "a\x00b", "a&b", "..",
     "\u0430b\u0441", "Тeam A", "Τeam", "Team ٣", "Team १", "1२", "チームКоманда", "한カ", "فريق A",
     "a\u200bb", "a\u200db", "a\ufe0fb", "a\u1160b", "\u3164\u3164", "a\u034fb", "a\u00adb", "a\u2066b",
     "＝1+1", "\u0301ab", "a\u0301\u0301\u0301\u0301b", "😀a", "a\ue000b", "a\u0378b", "\ufdfa\ufdfa\ufdfa"],
)  # fmt: skip
def test_an_unsafe_name_is_refused(name):
    with pytest.raises(KitError, match="2 to 40 characters") as error:
        check_name(name)
    assert str(error.value).isprintable()
    assert "\u1160" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "existing"),
    [
        ("Team A", "TEAM a"), ("Ｔｅａｍ　Ａ", "Team A"), ("Te\u0301am A", "Team A"), ("T\u0332eam A", "Team A"),
        ("Tearn A", "Team A"), ("Team l", "Team 1"), ("Team O", "Team 0"), ("сосо", "coco"),
        ("ТЕАМ", "TEAM"), ("Équipe", "Equipe"), ("Ⅷ", "VIII"), ("فَريق", "فريق"), ("エ-1", "工-1"),
    ],
)  # fmt: skip
def test_look_alikes_are_taken(name, existing):
    assert find_look_alike(name, ["Other", existing]) == existing
    with pytest.raises(KitError, match="is taken" if key_of(name) == key_of(existing) else "looks"):
        check_free(name, [existing])


@pytest.mark.parametrize(
    ("name", "other"),
    [("Team 1", "Team 2"), ("Team A", "Team B"), ("부산세관", "인천세관"), ("バス", "ハス"), ("Mail", "Mall")],
)  # fmt: skip
def test_names_that_differ_are_free(name, other):
    assert find_look_alike(name, [other]) is None


def test_members_may_have_short_names_and_an_apostrophe():
    assert check_member_name("Ñ") == "Ñ"
    assert check_member_name("O'Brien") == "O'Brien"
    for name in ("", "'x", "=x", "Jаne", "x" * 41):
        with pytest.raises(KitError, match="1 to 40 characters"):
            check_member_name(name)


LETTERS = st.characters(categories=("L", "M", "N", "Z", "P", "C", "S"))


@settings(deadline=None, derandomize=True, database=None, max_examples=300)
@given(
    st.text(LETTERS, max_size=45)
    | st.text(st.sampled_from("aА1 .-_é가カ\u0301\u200d=ا"), max_size=9)
)
def test_a_name_is_safe_or_refused(text):
    try:
        name = check_name(text)
    except KitError:
        return
    assert check_name(name) == name == name.strip()
    assert 2 <= len(name) <= 40
    assert name.isprintable()
    assert name[0].isalnum()
    assert not {unicodedata.category(letter) for letter in name} & {
        "Cf",
        "Cc",
        "Co",
        "Cn",
        "Zl",
        "Zp",
    }
    assert {unicodedata.bidirectional(letter) for letter in name} <= {
        "L", "R", "AL", "EN", "AN", "NSM", "ES", "CS", "WS", "ON", "ET",
    }  # fmt: skip
    assert key_of(name) == key_of(name.upper()) or len(name.upper()) != len(name)
    assert skeleton(name) == skeleton(unicodedata.normalize("NFD", name))
    assert find_look_alike(name, [name]) == name
    assert len(key_of(name)) <= 200
