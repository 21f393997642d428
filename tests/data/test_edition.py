from __future__ import annotations

import json
import stat
from datetime import date

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from customs_data.describing.summary import draw_summary, summarize_edition
from customs_data.edition.hidden import load_solution, load_train_labels
from customs_data.edition.importing import import_edition, read_periods
from customs_data.edition.loading import load_edition
from customs_data.edition.verification import verify_edition
from customs_data.erasure import n_kept
from customs_data.errors import InvalidDeclarationsError, InvalidEditionError, KitError
from customs_data.files.writing import write_table
from customs_data.schema import DECLARED_COLUMNS, KEY


def failures(path):
    return {check.name for check in verify_edition(path) if not check.passed}


def test_an_edition_holds_what_went_in(sample, sample_edition, sample_path):
    edition = sample_edition
    assert edition.manifest.rows == {name: len(frame) for name, frame in sample.items()}
    assert list(edition.train.columns) == list(edition.test.columns) == list(DECLARED_COLUMNS)
    source = sample["train"].sort_values(["Date", KEY], ignore_index=True)
    assert_frame_equal(edition.train, source[list(DECLARED_COLUMNS)])
    assert (edition.y == source["Fraud"]).all()
    assert edition.sample_submission[KEY].tolist() == edition.test[KEY].tolist()
    assert (edition.test_period == "public").sum() == len(sample["public"])
    assert not failures(sample_path)


def test_hidden_is_closed_to_others(sample_path):
    assert stat.S_IMODE((sample_path / "hidden").stat().st_mode) == 0o700
    for file in (sample_path / "hidden").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_erased_labels_go_to_hidden(sample, tmp_path, file_format):
    import_edition(
        sample, tmp_path / "e", label_rate=0.2, erasure="importer", file_format=file_format
    )
    edition = load_edition(tmp_path / "e")
    kept = n_kept(0.2, len(edition.y))
    assert (edition.y >= 0).sum() == kept
    assert ((edition.y >= 0) == (edition.y_critical >= 0)).all()
    hidden = load_train_labels(edition.layout)
    assert len(hidden) == len(edition.y) - kept
    truth = sample["train"].set_index(KEY)["Fraud"]
    assert (truth[hidden[KEY]].to_numpy() == hidden["Fraud"].to_numpy()).all()
    assert not failures(tmp_path / "e")


def test_same_seed_same_bytes_but_a_fresh_nonce(sample, tmp_path):
    for name in ("a", "b"):
        import_edition(sample, tmp_path / name, name="same", label_rate=0.3, seed=5)
    for part in ("public", "hidden"):
        for file in (tmp_path / "a" / part).iterdir():
            if file.name in ("edition.json", "secret.json"):
                continue
            assert file.read_bytes() == (tmp_path / "b" / part / file.name).read_bytes()
    manifests = [json.loads((tmp_path / n / "public/edition.json").read_text()) for n in "ab"]
    assert manifests[0].pop("commitment") != manifests[1].pop("commitment")
    assert manifests[0] == manifests[1]


def test_row_order_of_the_source_is_not_published(sample, tmp_path):
    by_label = {name: frame.sort_values("Fraud") for name, frame in sample.items()}
    for name, periods in (("a", sample), ("b", by_label)):
        import_edition(periods, tmp_path / name)
        assert (tmp_path / name / "public/test.csv").exists()
    first, second = ((tmp_path / n / "public/test.csv").read_bytes() for n in "ab")
    assert first == second


def test_one_file_is_cut_at_the_dates(sample, tmp_path):
    write_table(pd.concat(sample.values()), tmp_path / "all.csv")
    periods = read_periods([tmp_path / "all.csv"], (date(2021, 1, 1), date(2021, 4, 1)))
    assert {name: len(frame) for name, frame in periods.items()} == {
        name: len(frame) for name, frame in sample.items()
    }


def test_an_unlabelled_test_period_an_overlap_and_shared_ids_are_refused_together(sample, tmp_path):
    periods = dict(sample)
    periods["private"] = sample["private"].assign(Fraud=-1, **{"Critical Fraud": -1})
    periods["public"] = sample["train"].tail(5)
    with pytest.raises(InvalidDeclarationsError) as caught:
        import_edition(periods, tmp_path / "e")
    for part in (
        "231 of 231 declarations of the private",
        "after the public period begins",
        "In two periods",
    ):
        assert part in str(caught.value)
    assert not (tmp_path / "e").exists()


def test_nothing_is_overwritten(sample, tmp_path):
    (tmp_path / "e").mkdir()
    (tmp_path / "e/precious.txt").write_text("keep me")
    with pytest.raises(KitError, match="new or empty folder"):
        import_edition(sample, tmp_path / "e")
    assert [file.name for file in (tmp_path / "e").iterdir()] == ["precious.txt"]


def test_a_failed_import_leaves_nothing_behind(sample, tmp_path):
    with pytest.raises(KitError, match="label rate"):
        import_edition(sample, tmp_path / "e", label_rate=7)
    assert list(tmp_path.iterdir()) == []


def replace_in(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda e: replace_in(e / "public/train.csv", b",1,1\n", b",0,0\n"), "train: checksum"),
        (lambda e: (e / "public/test.csv").unlink(), "test: checksum"),
        (lambda e: (e / "public/solution.csv").write_text("x\n"), "public/ contains nothing else"),
        (
            lambda e: (e / "public/solution.csv").write_text("Declaration ID,Fraud\n1,1\n"),
            "no hidden column",
        ),
        (lambda e: (e / "hidden").chmod(0o755), "hidden/ is closed"),
        (lambda e: replace_in(e / "hidden/solution.csv", b",1,1,", b",0,0,"), "commitment"),
        (lambda e: replace_in(e / "hidden/solution.csv", b",Public", b",Private"), "solution"),
        (lambda e: (e / "hidden/secret.json").write_text("{}"), "hidden tables"),
        (
            lambda e: replace_in(e / "public/sample_submission.csv", b",0.5", b",0.7"),
            "sample submission",
        ),
        (
            lambda e: replace_in(
                e / "public/edition.json", b'"label_rate": 1.0', b'"label_rate": 0.5'
            ),
            "label rate",
        ),
    ],
)
def test_verify_finds_damage(edition_copy, damage, expected):
    damage(edition_copy)
    assert any(name.startswith(expected) for name in failures(edition_copy))


def test_a_label_of_a_test_row_in_public_is_found(edition_copy):
    solution = load_solution(load_edition(edition_copy).layout)
    solution.to_parquet(edition_copy / "public/more.parquet")
    wrong = {"no hidden column in public/", "public/ contains nothing else"}
    assert wrong <= failures(edition_copy)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../../elsewhere"),
        ("name", "-1"),
        ("name", "\x1b[31m"),
        ("name", []),
        ("label_rate", None),
        ("label_rate", "x"),
        ("rows", {"train": "197", "public": 1, "private": 1}),
        ("rows", {"train": 1.5, "public": 1, "private": 1}),
        ("files", {}),
        ("generator_version", None),
        ("commitment", "deadbeef"),
        ("format_version", 99),
        ("origin", "nowhere"),
    ],
)
def test_a_manifest_with_an_invalid_field_is_a_kit_error(edition_copy, field, value):
    path = edition_copy / "public/edition.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(InvalidEditionError):
        load_edition(edition_copy)


def test_deep_nesting_is_a_kit_error(edition_copy):
    (edition_copy / "public/edition.json").write_text("[" * 100_000)
    with pytest.raises(InvalidEditionError, match=r"edition\.json"):
        load_edition(edition_copy)


@pytest.mark.parametrize("table", ["train", "sample_submission"])
def test_a_second_file_of_a_table_is_found(edition_copy, table):
    frame = pd.read_csv(edition_copy / f"public/{table}.csv", dtype=str)
    frame.to_parquet(edition_copy / f"public/{table}.parquet")
    assert "public/ contains nothing else" in failures(edition_copy)


def test_a_changed_datasheet_is_found(edition_copy):
    (edition_copy / "public/DATASHEET.md").write_text("0,1,1,0\n")
    assert failures(edition_copy) == {"datasheet", "croissant.json"}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"format_version": 1}', '{"dates": {}, "files": {}}', "null", "\x00"],
)
def test_a_damaged_manifest_is_a_kit_error(edition_copy, text):
    (edition_copy / "public/edition.json").write_text(text)
    with pytest.raises(InvalidEditionError, match=r"edition\.json"):
        load_edition(edition_copy)


def test_loading_refuses_a_changed_file(edition_copy):
    replace_in(edition_copy / "public/test.csv", b"CN", b"JP")
    with pytest.raises(InvalidEditionError, match="SHA-256"):
        load_edition(edition_copy)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_rewritten_line_ends_are_named(edition_copy, mark):
    """Git with autocrlf, and editors, rewrite text files."""
    path = edition_copy / "public" / "test.csv"
    content = path.read_bytes()
    path.write_bytes(mark + content.replace(b"\n", b"\n" if mark else b"\r\n"))
    with pytest.raises(KitError, match=r"same rows in other bytes\. Git or an editor"):
        load_edition(edition_copy)
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(KitError, match="pointer of Git LFS"):
        load_edition(edition_copy)


def test_a_folder_that_is_no_edition_is_named(tmp_path):
    with pytest.raises(InvalidEditionError, match="is no edition"):
        load_edition(tmp_path)


def test_public_alone_can_be_loaded(public_copy):
    assert len(load_edition(public_copy / "public").train) == len(load_edition(public_copy).train)
    assert not failures(public_copy)


def test_nothing_public_depends_on_hidden_labels_but_the_commitment(sample, tmp_path):
    flipped = dict(sample)
    for period in ("public", "private"):
        turned = 1 - sample[period]["Fraud"]
        flipped[period] = sample[period].assign(Fraud=turned, **{"Critical Fraud": turned})
    for name, periods in (("a", sample), ("b", flipped)):
        import_edition(periods, tmp_path / name, name="same")
    for file in (tmp_path / "a/public").iterdir():
        texts = [file.read_text(), (tmp_path / "b/public" / file.name).read_text()]
        if file.name == "edition.json":
            texts = [text[: text.index('"commitment"')] for text in texts]
        assert texts[0] == texts[1]


def test_description_counts_what_is_there(sample, sample_edition, public_copy):
    summary = summarize_edition(sample_edition)
    assert sum(summary["declarations_by_month"].values()) == sum(map(len, sample.values()))
    truth = sample["private"]["Fraud"].mean()
    assert summary["hidden"]["private"]["fraud_rate"] == pytest.approx(truth)
    assert "hidden" not in summarize_edition(load_edition(public_copy))
    assert draw_summary(summary)
    json.dumps(summary, allow_nan=False)
