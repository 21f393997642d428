from __future__ import annotations

import gzip
import json
import shutil
import stat
from hashlib import sha256

import pytest

from customs_data.edition.generating import (
    generate_edition,
    make_practice_edition,
    read_blueprint,
)
from customs_data.edition.hidden import (
    load_hidden,
    load_oracle,
    load_solution,
    load_train_labels,
)
from customs_data.edition.loading import load_edition
from customs_data.edition.reveal import place_reveal, read_reveal, verify_reveal, write_reveal
from customs_data.edition.secrets import make_secret_file, read_secret_file, used_for
from customs_data.edition.verification import verify_edition
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.parallel import threads

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


def test_a_generated_edition_is_valid_and_whole(made):
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
    with threads(partitions) as executor:
        again = generate_edition(
            blueprint,
            SECRET,
            tmp_path / "e",
            origin="published-seed",
            name="made",
            executor=executor,
        )
    assert again == load_edition(made).manifest


@pytest.mark.parametrize(
    "settings", [{"label_rate": 0.2, "erasure": "importer"}, {"label_rate": 0.5}, {}]
)
def test_the_erasure_does_not_change_the_world(made, tmp_path, settings):
    generate(tmp_path / "other", **settings)
    first, second = (load_edition(path) for path in (made, tmp_path / "other"))
    assert first.manifest.files["test"] == second.manifest.files["test"]
    assert first.train.equals(second.train)
    for table in ("solution", "oracle", "truth", "networks"):
        files = [path / f"hidden/{table}.csv" for path in (made, tmp_path / "other")]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_truth_and_networks_belong_to_the_edition(made):
    edition = load_edition(made)
    truth, networks = (load_hidden(edition.layout, name) for name in ("truth", "networks"))
    oracle = load_oracle(edition.layout)
    assert (truth["Declaration ID"] == oracle["Declaration ID"]).all()
    importers = {*edition.train["Importer ID"], *edition.test["Importer ID"]}
    assert set(networks["Importer ID"]) == importers
    assert truth["Duty Evaded"].dtype == float
    assert truth["Violation"].ne("").any()


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("truth", lambda text: text.replace(",0.0,", ",1.0,", 1)),
        ("networks", lambda text: text.replace(",\n", ",ring-00001\n", 1)),
    ],
)
def test_the_commitment_covers_hidden_tables(made, tmp_path, table, change):
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    path, secret = copy / f"hidden/{table}.csv", copy / "hidden/secret.json"
    path.write_text(change(path.read_text()))
    assert path.read_bytes() != (made / f"hidden/{table}.csv").read_bytes()
    assert {check.name for check in verify_edition(copy) if not check.passed} == {table}
    # A new checksum beside the changed table breaks the commitment.
    content = json.loads(secret.read_text())
    content["hidden_sha256"][table] = sha256(path.read_bytes()).hexdigest()
    secret.write_text(json.dumps(content))
    assert {check.name for check in verify_edition(copy) if not check.passed} == {"commitment"}
    with pytest.raises(KitError, match="are not those committed to"):
        load_solution(load_edition(copy).layout)
    # Without its checksum a table would not be compared with anything.
    del content["hidden_sha256"][table]
    secret.write_text(json.dumps(content))
    assert "commitment" in {check.name for check in verify_edition(copy) if not check.passed}


def test_an_organizer_s_copy_is_made_from_a_reveal(made, tmp_path):
    write_reveal(made, tmp_path / "r.json")
    place_reveal(read_reveal(tmp_path / "r.json"), made, tmp_path / "copy", tmp_path / "solutions")
    again = load_solution(load_edition(tmp_path / "copy").layout)
    assert again.equals(load_solution(load_edition(made).layout))


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
        assert [check.name for check in checks] == ["revealed labels", "regeneration"]
        assert all(check.passed for check in checks)


@pytest.mark.parametrize(
    ("field", "change", "failed"),
    [
        ("solution", lambda text: text.replace(",0,0,P", ",1,1,P", 1), {"revealed labels"}),
        ("train_labels", lambda text: text.replace(",0,0\n", ",1,1\n", 1), {"revealed labels"}),
        ("hidden_sha256", lambda sums: sums | {"truth": "0" * 64}, {"revealed labels"}),
        ("hidden_sha256", lambda sums: {}, {"revealed labels"}),
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
    with used_for(path, "my edition") as secret:
        assert len(secret) == 32
        # Marked before anything is made: an interruption leaves no secret that looks unused.
        with pytest.raises(KitError, match="my edition"):
            read_secret_file(path)
    with pytest.raises(KitError, match="my edition"):
        read_secret_file(path)
    with pytest.raises(KitError, match="exists"):
        make_secret_file(path)


def test_a_failed_making_gives_the_secret_back_and_an_interruption_does_not(tmp_path):
    path = tmp_path / "secret.json"
    make_secret_file(path)
    with pytest.raises(RuntimeError), used_for(path, "failed"):
        raise RuntimeError
    assert read_secret_file(path)
    with pytest.raises(KeyboardInterrupt), used_for(path, "interrupted"):
        raise KeyboardInterrupt
    with pytest.raises(KitError, match="interrupted"):
        read_secret_file(path)
    assert [file.name for file in tmp_path.iterdir()] == ["secret.json"]


def test_the_origin_is_part_of_the_commitment(made, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    manifest = copy / "public/edition.json"
    for origin in ("secret", "import"):
        text = manifest.read_text()
        manifest.write_text(text.replace("published-seed", origin))
        assert "commitment" in {c.name for c in verify_edition(copy) if not c.passed}
        manifest.write_text(text)


def test_a_reveal_of_another_edition_is_told_apart(made, tmp_path):
    write_reveal(made, tmp_path / "r.json")
    text = (tmp_path / "r.json").read_text()
    (tmp_path / "r.json").write_text(text.replace('"edition": "made"', '"edition": "other"'))
    with pytest.raises(KitError, match="is the reveal of other, not of made"):
        verify_reveal(made, tmp_path / "r.json")


def test_two_secret_files_differ(tmp_path):
    for name in "ab":
        make_secret_file(tmp_path / name)
    assert read_secret_file(tmp_path / "a") != read_secret_file(tmp_path / "b")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"secret": "zz", "used_for": null}', "\x00"])
def test_a_damaged_secret_file_is_a_kit_error(tmp_path, text):
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(KitError, match="data secret"):
        read_secret_file(tmp_path / "s.json")


def test_an_invalid_configuration_or_profile_is_a_kit_error(tmp_path):
    (tmp_path / "c.toml").write_text("name = 'x'\n")
    with pytest.raises(KitError, match=r"c\.toml: the key 'version' is missing"):
        read_blueprint(config=tmp_path / "c.toml")
    with pytest.raises(KitError, match=r"No such file: .*missing\.toml"):
        read_blueprint(config=tmp_path / "missing.toml")
    with pytest.raises(KitError, match="The manifest's configuration: the key 'name'"):
        read_blueprint(config={})
    (tmp_path / "p.json.gz").write_bytes(gzip.compress(b"{}"))
    with pytest.raises(KitError, match="profile"):
        read_blueprint(profile=tmp_path / "p.json.gz")
    (tmp_path / "q.json.gz").write_bytes(b"no gzip")
    with pytest.raises(KitError, match="profile"):
        read_blueprint(profile=tmp_path / "q.json.gz")


@pytest.mark.parametrize(
    "settings", [{"label_rate": 0.0}, {"label_rate": 2.0}, {"erasure": "sideways"}]
)
def test_invalid_settings_are_kit_errors(settings):
    with pytest.raises(KitError):
        read_blueprint(**settings)
    with pytest.raises(KitError, match="100 to 1,000,000,000"):
        read_blueprint(n_declarations=3)


def test_erased_labels_of_a_generated_edition_are_kept(made):
    edition = load_edition(made)
    assert len(load_train_labels(edition.layout)) == (edition.y < 0).sum()


def test_the_practice_edition_is_the_same_everywhere(tmp_path):
    """Golden SHA-256: any machine, any supported Python, NumPy and pandas."""
    manifest = make_practice_edition(tmp_path / "practice")
    assert manifest.rows == {"train": 37_385, "public": 8_134, "private": 8_481}
    assert {name: record.sha256 for name, record in manifest.files.items()} == {
        "train": "3e515df539b4eafc3828262458e07865d9b07689b08507e8a551d8e1f3a45302",
        "test": "e6d79a24b5d4b6e8a884e8bcde3de3e5ab08007d4c88d65ed464ac392016fa1e",
        "sample_submission": "86f05d293ba62a22bf4a1ae34db5fb4929b2de0aa799bfacb5c23ebff5894c9d",
    }
    # The commitment binds labels, truth, networks and the release (that of pyproject.toml must be
    # the installed one); the oracle is not part of it.
    assert manifest.commitment == (
        "62db838c642b2ae1c2dd26ca5539a338ac42c99ff8542e1f8198b564ab31e42c"
    )
    oracle = (tmp_path / "practice/hidden/oracle.csv").read_bytes()
    assert sha256(oracle).hexdigest() == (
        "7aa2c859deefc4ffb99e5af702c6693801e13f2adf7a9093756b1a407bc8c938"
    )
