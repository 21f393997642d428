from __future__ import annotations

import gzip
import json
import stat

import pytest

from customs_data.edition.generating import (
    generate_edition,
    make_practice_edition,
    read_blueprint,
)
from customs_data.edition.loading import load_edition, load_oracle, load_train_labels
from customs_data.edition.reveal import verify_reveal, write_reveal
from customs_data.edition.secrets import make_secret_file, mark_used, read_secret_file
from customs_data.edition.verification import verify_edition
from customs_data.errors import KitError
from customs_data.streams import secret_of_seed

ROWS = 3000
SECRET = secret_of_seed(11)


def generate(path, secret=SECRET, origin="published-seed", **settings):
    blueprint = read_blueprint(n_declarations=ROWS, **settings)
    return generate_edition(blueprint, secret, path, origin=origin, name="made")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("generated") / "edition"
    generate(path, label_rate=0.5, erasure="importer")
    return path


def test_a_generated_edition_is_sound_and_whole(made):
    assert all(check.passed for check in verify_edition(made))
    edition = load_edition(made)
    oracle = load_oracle(edition.layout)
    assert len(oracle) == len(edition.train) + len(edition.test) == ROWS
    assert oracle["Fraud Probability"].between(0, 1).all()
    # periods keep the paper's proportions: 37,385 / 8,134 / 8,481 of 54,000, largest remainder
    assert edition.manifest.rows == {"train": 2077, "public": 452, "private": 471}
    assert (edition.y >= 0).sum() == round(0.5 * 2077 + 0.01)


def test_the_same_secret_gives_the_same_bytes_and_another_does_not(made, tmp_path):
    generate(tmp_path / "again", label_rate=0.5, erasure="importer")
    for part in ("public", "hidden"):
        for file in (made / part).iterdir():
            assert file.read_bytes() == (tmp_path / "again" / part / file.name).read_bytes()
    generate(tmp_path / "other", secret_of_seed(12), label_rate=0.5, erasure="importer")
    first, second = (made / "public/test.csv", tmp_path / "other/public/test.csv")
    assert first.read_bytes() != second.read_bytes()


@pytest.mark.parametrize("partitions", [2, 7])
def test_partitions_change_nothing(made, tmp_path, partitions):
    blueprint = read_blueprint(n_declarations=ROWS, label_rate=0.5, erasure="importer")
    again = generate_edition(
        blueprint,
        SECRET,
        tmp_path / "e",
        origin="published-seed",
        name="made",
        n_partitions=partitions,
    )
    assert again == load_edition(made).manifest


def test_the_public_folder_does_not_hold_the_secret(made):
    secret = json.loads((made / "hidden/secret.json").read_text())
    for file in (made / "public").iterdir():
        text = file.read_text()
        assert secret["secret"] not in text
        assert secret["nonce"] not in text


def test_a_reveal_is_checked_and_the_edition_made_again(made, tmp_path):
    for name in ("reveal.json", "reveal.json.gz"):
        write_reveal(made, tmp_path / name)
        checks = verify_reveal(made / "public", tmp_path / name)
        assert [check.name for check in checks] == ["commitment", "regeneration"]
        assert all(check.passed for check in checks)


@pytest.mark.parametrize(
    ("field", "change", "failed"),
    [
        ("solution", lambda text: text.replace(",0,0,P", ",1,1,P", 1), {"commitment"}),
        ("train_labels", lambda text: text.replace(",0,0\n", ",1,1\n", 1), {"commitment"}),
        ("secret", lambda text: "00" * 32, {"regeneration"}),
        ("secret", lambda text: None, {"regeneration"}),
    ],
)
def test_a_false_reveal_is_found(made, tmp_path, field, change, failed):
    write_reveal(made, tmp_path / "r.json")
    content = json.loads((tmp_path / "r.json").read_text())
    content[field] = change(content[field])
    (tmp_path / "r.json").write_text(json.dumps(content))
    checks = verify_reveal(made, tmp_path / "r.json")
    assert {check.name for check in checks if not check.passed} == failed


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\x1f\x8b junk", b'{"format": "x"}'])
def test_a_damaged_reveal_is_a_kit_error(made, tmp_path, content):
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(KitError, match="data reveal"):
        verify_reveal(made, tmp_path / "r.json")


def test_a_secret_file_serves_one_edition(tmp_path):
    path = tmp_path / "secret.json"
    make_secret_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = read_secret_file(path)
    assert len(secret) == 32
    mark_used(path, "my edition")
    with pytest.raises(KitError, match="my edition"):
        read_secret_file(path)
    with pytest.raises(KitError, match="exists"):
        make_secret_file(path)


def test_two_secret_files_differ(tmp_path):
    for name in "ab":
        make_secret_file(tmp_path / name)
    assert read_secret_file(tmp_path / "a") != read_secret_file(tmp_path / "b")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"secret": "zz", "used_for": null}', "\x00"])
def test_a_damaged_secret_file_is_a_kit_error(tmp_path, text):
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(KitError, match="data secret"):
        read_secret_file(tmp_path / "s.json")


def test_an_unsound_configuration_or_profile_is_a_kit_error(tmp_path):
    (tmp_path / "c.toml").write_text("name = 'x'\n")
    with pytest.raises(KitError, match="configuration"):
        read_blueprint(config=tmp_path / "c.toml")
    with pytest.raises(KitError, match="configuration"):
        read_blueprint(config=tmp_path / "missing.toml")
    (tmp_path / "p.json.gz").write_bytes(gzip.compress(b"{}"))
    with pytest.raises(KitError, match="profile"):
        read_blueprint(profile=tmp_path / "p.json.gz")
    (tmp_path / "q.json.gz").write_bytes(b"no gzip")
    with pytest.raises(KitError, match="profile"):
        read_blueprint(profile=tmp_path / "q.json.gz")


@pytest.mark.parametrize(
    "settings", [{"label_rate": 0.0}, {"label_rate": 2.0}, {"erasure": "sideways"}]
)
def test_unsound_settings_are_kit_errors(settings):
    with pytest.raises(KitError):
        read_blueprint(**settings)
    with pytest.raises(KitError, match="at least 100"):
        read_blueprint(n_declarations=3)


def test_erased_labels_of_a_generated_edition_are_kept(made):
    edition = load_edition(made)
    assert len(load_train_labels(edition.layout)) == (edition.y < 0).sum()


def test_the_practice_edition_is_the_same_everywhere(tmp_path):
    """Golden SHA-256: any machine, any supported Python, NumPy and pandas."""
    manifest = make_practice_edition(tmp_path / "practice")
    assert manifest.rows == {"train": 37_385, "public": 8_134, "private": 8_481}
    assert {name: record.sha256 for name, record in manifest.files.items()} == {
        "train": "75321747b130b3bf138b1a787bd84eeb8158fea649b109549a5f84cc0194c1b3",
        "test": "632a52a041d2d8f5ae270742dd0045fc58e04faf90bfadda59e76af8d5e31288",
        "sample_submission": "c213c6c99bbfad7c63bc41a28c7f446568b0f8a8b6b65d99bab9be3a59430113",
    }
