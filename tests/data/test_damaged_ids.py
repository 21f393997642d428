"""IDs that other programs damaged are refused or named; sound ones raise no alarm."""

from __future__ import annotations

import shlex
import unicodedata

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from customs_data.columns.damaged_ids import find_damage, spelled_missing
from customs_data.edition.importing import import_edition, read_periods
from customs_data.edition.loading import load_edition
from customs_data.errors import InvalidDeclarationsError
from customs_data.files.writing import write_table
from customs_kit.cli import customs_kit
from customs_scorer.audit.evidence import gather_evidence
from customs_scorer.audit.traces import audit_traces
from made_up import make_sample

SAMPLE = make_sample(1000, seed=2)
WIDE = {ord("0") + i: 0xFF10 + i for i in range(10)}


def run(*arguments: object):
    return CliRunner().invoke(customs_kit, [str(argument) for argument in arguments])


def numbered(prefix: str = "") -> dict[str, pd.DataFrame]:
    """The sample with numbers as importers and sellers."""
    frames = {}
    for period, frame in SAMPLE.items():
        frames[period] = frame.copy()
        for name in ("Importer ID", "Seller ID"):
            digits = "1" + frame[name].str.extract(r"(\d+)")[0]
            frames[period][name] = (prefix + digits).astype(frame[name].dtype)
    return frames


def changed(name, change, periods=("train", "public", "private"), prefix=""):
    frames = numbered(prefix)
    for period in periods:
        cells = frames[period][name]
        frames[period][name] = cells.map(change, na_action="ignore").astype(cells.dtype)
    return frames


def messages(frames):
    later = pd.concat([frames["public"], frames["private"]], ignore_index=True)
    return [str(damage) for damage in find_damage(frames["train"], later)]


def test_sound_ids_raise_no_alarm(sample_edition, sample):
    assert find_damage(sample_edition.train, sample_edition.test) == []
    assert messages(numbered()) == []
    assert messages(SAMPLE) == []
    assert spelled_missing(sample["train"]) == {}
    empty = {period: frame.head(0) for period, frame in SAMPLE.items()}
    assert messages(empty) == []


TRAIN, ALL = ("train",), ("train", "public", "private")
DAMAGE = {
    ".0 in training": (lambda x: x + ".0", TRAIN, "", [
        "training values end in '.0', such as '1", "differ from another one only by '.0' at",
        "100.0% of the test rows have an ID that training lacks",
    ]),
    ".0 everywhere": (lambda x: x + ".0", ALL, "", [
        "training values end in '.0'", "test values end in '.0'",
    ]),
    "rounded": (lambda x: f"{int(x) * 54_321:.1E}", ALL, "", ["IDs are rounded numbers"]),
    "zeros lost": (lambda x: x.zfill(9), TRAIN, "", [
        "only by leading zeros, such as '0000", "of the test rows have an ID that training lacks",
    ]),
    "capitals": (str.upper, TRAIN, "imp", [
        "only by capital letters, such as 'IMP1", "of the test rows have an ID that training lacks",
    ]),
    "a blank inside": (lambda x: x[:2] + "\u00a0" + x[2:], TRAIN, "", [
        "only by blanks, such as '1", "of the test rows have an ID that training lacks",
    ]),
    "full width": (lambda x: x.translate(WIDE), TRAIN, "", [
        "only by the form of the characters", "of the test rows have an ID that training lacks",
    ]),
    "decomposed letters": (lambda x: unicodedata.normalize("NFD", x), TRAIN, "\uac00", [
        "only by the form of the characters", "of the test rows have an ID that training lacks",
    ]),
    "coded apart": (lambda x: "A" + x, TRAIN, "", ["periods coded apart? Training has 'A1"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named_with_an_example(kind):
    change, periods, prefix, expected = DAMAGE[kind]
    got = messages(changed("Importer ID", change, periods, prefix))
    assert len(got) == len(expected), got
    for message, part in zip(got, expected, strict=True):
        assert message.startswith("Importer ID: ")
        assert part in message


def test_numbers_as_codes_and_unknown_days_are_named():
    frames = numbered()
    for frame in frames.values():
        for name in ("Declaration ID", "Office ID"):
            frame[name] = (frame[name] + ".0").astype(frame[name].dtype)
    frames["train"].loc[:1, "Date"] = pd.Timestamp("1900-01-01").as_unit("s")
    key, key_of_test, training, test, day = messages(frames)
    assert key.startswith("Declaration ID: 681 of 681 training values end in '.0'")
    assert key_of_test.startswith("Declaration ID: 319 of 319 test values end in '.0'")
    assert training.startswith("Office ID: 4 of 4 training values end in '.0'")
    assert test.startswith("Office ID: 4 of 4 test values end in '.0'")
    assert day.startswith("Date: 2 declarations lie more than a year from all others, such as 1900")
    frames["train"].loc[0, "Date"] = frames["train"].loc[2, "Date"]
    assert messages(frames)[-1].startswith("Date: 1 declaration lies more than a year from all")


@pytest.fixture
def files(tmp_path):
    """Files of the sample in which some cells are a word."""

    def write(words):
        paths = []
        for period, frame in SAMPLE.items():
            path = tmp_path / f"{period}.csv"
            write_table(frame, path)
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            for name, (word, rows) in words.items():
                table.loc[table[name] == "" if rows is None else rows, name] = word
            table.to_csv(path, index=False)
            paths.append(path)
        return paths

    return write


@pytest.mark.parametrize("word", ["NULL", "nan", "NaN", "N/A", "None", "#N/A", "NA", "\\N", "미상"])
def test_words_for_missing_are_refused_or_read_as_empty(files, word):
    paths = files({"Seller ID": (word, None)})
    with pytest.raises(InvalidDeclarationsError) as refused:
        read_periods(paths)
    assert f"Seller ID: 66 cells are {word!r}, which would become one trader" in str(refused.value)
    way_out = str(refused.value).splitlines()[-1]
    assert shlex.split(way_out) == ["Read", "such", "cells", "as", "empty:", "--missing", word]
    periods = read_periods(paths, missing=[word])
    for period, frame in periods.items():
        pd.testing.assert_frame_equal(frame, SAMPLE[period], check_exact=True)


def test_words_in_labels_and_invalid_words_lead_to_the_same_way_out(files):
    first = np.arange(3)
    paths = files(
        {"Fraud": ("NULL", first), "Critical Fraud": ("-", first), "Tax Rate": ("x", [7])}
    )
    with pytest.raises(InvalidDeclarationsError, match=r"empty: --missing NULL,-$") as refused:
        read_periods(paths)
    assert str(refused.value).count("--missing") == 1
    paths = files({"Importer ID": ("None", first)})
    with pytest.raises(InvalidDeclarationsError, match="give these rows their IDs") as refused:
        read_periods(paths)
    assert "--missing" not in str(refused.value)


def test_the_command_shows_warnings_and_takes_the_words(files, tmp_path):
    paths = files({"Seller ID": ("NULL", None), "Tax Type": ("n/a", [0, 1])})
    out = tmp_path / "edition"
    command = ("data", "import", *map(str, paths), "--out", str(out))
    refused = run(*command)
    assert refused.exit_code == 1
    assert "--missing NULL" in str(refused.exception)
    assert not out.exists()
    made = run(*command, "--missing", "NULL, -")
    assert made.exit_code == 0, made.output
    assert (
        "Warning: Tax Type: 'n/a' (2 cells) in train is kept as a code of its own.\n" in made.stderr
    )


def test_describe_repeats_the_warnings_and_the_audit_names_the_cause(tmp_path):
    frames = changed("Seller ID", lambda x: x + ".0", TRAIN)
    import_edition(frames, tmp_path / "edition")
    described = run("data", "describe", str(tmp_path / "edition"))
    assert "Warning: Seller ID: " in described.stderr
    assert "training values end in '.0'" in described.stderr
    tests = {t.name: t for t in audit_traces(gather_evidence(load_edition(tmp_path / "edition")))}
    failed = tests["adversarial validation with entities"]
    assert not failed.passed
    assert "Likely cause: Seller ID: " in failed.explanation
    assert "cause" not in tests["row order"].explanation
