"""The official Hugging Face client against a loopback server: what is sent, where, what is not."""

from __future__ import annotations

import json
import shutil
import sys

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.verification import verify_edition
from customs_data.errors import KitError
from customs_kit.cli import customs_kit
from customs_leaderboard.publishing.guard import HiddenGuard
from customs_leaderboard.publishing.huggingface.client import connect
from customs_leaderboard.publishing.huggingface.dataset import prepare_dataset, upload
from hub_server import TOKEN, Repository, serving

# The client itself calls httpx2 in a deprecated way.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "our-lab/customs-2030"
PLACE = f"datasets/{REPO}"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A service on the loopback; a request to any other address fails the test."""
    httpx2 = pytest.importorskip("httpx2", reason="`make test-oldest` has no Hugging Face client")
    constants = pytest.importorskip("huggingface_hub.constants")
    send = httpx2.HTTPTransport.handle_request

    def send_here(self, request):
        assert request.url.host == "127.0.0.1", request.url
        return send(self, request)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", send_here)
    with serving() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        # Set at import: another test may have imported the client under another environment.
        for name, value in {
            "ENDPOINT": server.url,
            "HF_HUB_DISABLE_XET": True,
            "HF_HUB_DISABLE_TELEMETRY": True,
            "HF_TOKEN_PATH": str(tmp_path / "token"),
        }.items():
            monkeypatch.setattr(constants, name, value)
        yield server
        from huggingface_hub import close_session

        close_session()


def publish(*arguments):
    told = ["publish", "huggingface", *map(str, arguments)]
    return CliRunner().invoke(customs_kit, told)


def metadata_of(card):
    return yaml.safe_load(card.split("---\n")[1])


def test_nothing_is_sent_and_no_client_loaded_until_it_is_confirmed(
    edition_path, tmp_path, monkeypatch
):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    out = tmp_path / "dataset"
    dry = publish(edition_path, "--repo", REPO, "--out", out, "--json")
    assert dry.exit_code == 0, dry.output
    plan = json.loads(dry.stdout)
    assert (plan["sent"], plan["endpoint"]) == (False, "https://huggingface.co")
    assert (plan["kind"], plan["public"]) == ("dataset", False)
    sent = publish(edition_path, "--repo", REPO, "--out", out, "--confirm")
    assert sent.exit_code == 1
    assert "pip install 'customs-kit[huggingface]'" in str(sent.exception)


def test_the_folder_is_the_edition_in_parquet_with_a_card(edition_path, edition, tmp_path):
    folder = tmp_path / "dataset"
    prepare_dataset(edition_path, folder, REPO)
    again = load_edition(folder)
    assert again.manifest == edition.manifest
    pd.testing.assert_frame_equal(again.train, edition.train)
    assert all(check.passed for check in verify_edition(folder))
    card = (folder / "README.md").read_text(encoding="utf-8")
    metadata = metadata_of(card)
    assert (metadata["license"], metadata["size_categories"]) == ("cc-by-4.0", ["1K<n<10K"])
    configs = {config["config_name"]: config for config in metadata["configs"]}
    assert set(configs) == {"train", "test"}
    for config in configs.values():
        for file in config["data_files"]:
            assert (folder / file["path"]).is_file()
    sheet = (edition_path / "public/DATASHEET.md").read_text(encoding="utf-8").strip()
    assert sheet in card
    assert edition.manifest.commitment in card


def test_a_dataset_is_created_private_and_gets_every_file(hub, edition_path, tmp_path):
    out = tmp_path / "dataset"
    common = (edition_path, "--repo", REPO, "--out", out, "--confirm")
    sent = publish(*common, "--json")
    assert sent.exit_code == 0, sent.output
    assert json.loads(sent.stdout)["url"] == f"{hub.url}/{PLACE}"
    repository = hub.repositories[PLACE]
    assert repository.private
    written = {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert repository.files == written
    assert len(hub.blobs) == 2  # train and test in Parquet
    again = publish(*common)
    assert again.exit_code == 0, again.output
    # A repository that everybody can read gets nothing that should be private.
    hub.repositories[PLACE] = Repository(private=False)
    refused = publish(*common)
    assert "exists and is public. Add --public" in str(refused.exception)
    assert hub.repositories[PLACE].files == {}
    assert publish(*common, "--public").exit_code == 0


def spoil_copy(folder, edition_path):
    shutil.copy(edition_path / "hidden/oracle.csv", folder / "notes.csv")


def spoil_name(folder, edition_path):
    (folder / "hidden").mkdir()
    (folder / "hidden/solution.csv").write_text("nothing\n")


def spoil_link(folder, edition_path):
    (folder / "public/more.csv").symlink_to(edition_path / "hidden/solution.csv")


def spoil_card(folder, edition_path):
    nonce = json.loads((edition_path / "hidden/secret.json").read_text())["nonce"]
    with (folder / "README.md").open("a") as card:
        card.write(f"\nThe nonce is {nonce}.\n")


def spoil_table(folder, edition_path):
    """Put an erased label back."""
    train = pd.read_parquet(folder / "public/train.parquet")
    erased = pd.read_csv(edition_path / "hidden/train_labels.csv", dtype=str)
    train.loc[train["Declaration ID"] == erased["Declaration ID"][0], "Fraud"] = 1
    train.to_parquet(folder / "public/train.parquet")


@pytest.mark.parametrize("spoil", [spoil_copy, spoil_name, spoil_link, spoil_card, spoil_table])
def test_a_folder_with_anything_of_hidden_is_refused_before_a_call(
    hub, edition_path, tmp_path, spoil
):
    folder = tmp_path / "dataset"
    prepare_dataset(edition_path, folder, REPO)
    spoil(folder, edition_path)
    for options in ([], ["--confirm"]):
        refused = publish(edition_path, "--repo", REPO, "--out", folder, *options)
        assert refused.exit_code == 1
        assert "Nothing was sent" in str(refused.exception)
    guard = HiddenGuard(Layout.find(edition_path))
    with pytest.raises(KitError, match="Nothing was sent"):
        upload(connect(), folder, REPO, guard)
    assert hub.calls == []


def test_a_rehearsal_sends_nothing_to_another_host(hub, edition_path, tmp_path, monkeypatch):
    hub.elsewhere = "https://storage.example"
    out = tmp_path / "dataset"
    refused = publish(edition_path, "--repo", REPO, "--out", out, "--confirm")
    assert "A rehearsal would connect to https://storage.example" in str(refused.exception)
    with pytest.raises(KitError, match=r"would connect to http://127\.0\.0\.1"):
        connect("https://huggingface.co")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    with pytest.raises(KitError, match="HF_HUB_DISABLE_XET=1"):
        connect()


def test_without_credentials_the_message_names_the_variable(hub, monkeypatch, tmp_path):
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(KitError, match="variable HF_TOKEN"):
        connect()
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    (tmp_path / "README.md").write_text("---\n---\n")
    with pytest.raises(KitError, match="failed when creating the repository"):
        upload(connect(), tmp_path, REPO, None)


@pytest.mark.parametrize("name", ["customs", "our-lab/", "our lab/x", "a/b/c", "a/b--c"])
def test_a_name_that_is_no_repository_is_refused(edition_path, name):
    assert "write ORG/NAME" in str(publish(edition_path, "--repo", name).exception)


def test_a_folder_of_something_else_is_not_sent(edition_path, tmp_path):
    (tmp_path / "README.md").write_text("# Private notes\n")
    refused = publish(edition_path, "--repo", REPO, "--out", tmp_path, "--confirm")
    assert "was not made for Hugging Face" in str(refused.exception)


def records(edition, private=0.7):
    """Output of `baseline run --json`, as far as tables read it."""
    scores = {"precision_at_5": private, "precision_at_10": 0.5, "interval_at_5": [0.6, 0.8],
              "interval_at_10": [0.4, 0.6], "n_declarations": 300, "n_fraud": 60}  # fmt: skip
    return [
        {
            "baseline": "xgboost", "recipe": "kit", "seed": 0, "label_rate": 0.5,
            "erasure": "random", "transductive": False, "public": scores, "private": scores,
            "lookup": {"public": scores, "private": scores}, "cpu_seconds": 1.0, "seconds": 1.0,
            "peak_memory_mib": 200.0,
            "repeat": {"edition": edition.manifest.name,
                       "train_sha256": edition.manifest.files["train"].sha256},
        }
    ]  # fmt: skip


def test_results_become_a_model_card_once_scores_may_be_known(hub, edition_path, edition, tmp_path):
    results = tmp_path / "results.json"
    results.write_text(json.dumps(records(edition)))
    out = tmp_path / "card"
    common = (edition_path, "--repo", "our-lab/baselines", "--out", out, "--results", results)
    early = publish(*common)
    assert "after the close, with --closed" in str(early.exception)
    sent = publish(*common, "--closed", "--dataset", REPO, "--confirm", "--json")
    assert sent.exit_code == 0, sent.output
    (card,) = hub.repositories["models/our-lab/baselines"].files.values()
    metadata = metadata_of(card.decode())
    assert metadata["datasets"] == [REPO]
    (entry,) = metadata["model-index"]
    assert entry["name"] == "xgboost, recipe kit, 50% of labels (random)"
    metrics = {metric["name"]: metric["value"] for metric in entry["results"][0]["metrics"]}
    assert metrics["precision@5 % (private)"] == 0.7
    assert "| `xgboost` | kit |" in card.decode()


def test_results_on_another_edition_are_refused(edition_path, sample_edition, tmp_path):
    results = tmp_path / "results.json"
    results.write_text(json.dumps(records(sample_edition)))
    common = (edition_path, "--repo", "our-lab/baselines", "--results", results)
    refused = publish(*common, "--out", tmp_path / "card")
    assert "which is not this edition" in str(refused.exception)
