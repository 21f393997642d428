"""An export that lacks columns, has others and few labels becomes an edition that commands take."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from customs_data.column_maps.column_map import ColumnMap, read_column_map
from customs_data.column_maps.name_matching import match_name
from customs_data.column_maps.reading import Export
from customs_data.column_maps.suggesting import suggest_map
from customs_data.edition.importing import read_sources
from customs_data.edition.loading import load_edition
from customs_data.errors import InvalidDeclarationsError, InvalidEditionError, KitError
from customs_data.tasks import find_task
from customs_data.toml import from_table
from customs_kit.cli import customs_kit
from foreign_exports import DATES, as_text, clean_declarations, damaged

CLEAN = clean_declarations(400)
ABSENT = ("Office ID", "Declarant ID", "Courier ID", "Tax Rate", "Tax Type", "Net Mass")


def run(*arguments: object):
    return CliRunner().invoke(customs_kit, [str(argument) for argument in arguments])


def inspected_export(folder):
    """Write an export without some columns, with two more, and labels of every third row only."""
    text = as_text(CLEAN).drop(columns=[*ABSENT, "Critical Fraud"])
    text["Fraud"] = text["Fraud"].where(text.index % 3 == 0, "")
    text["Gross weight [kg]"] = CLEAN["Net Mass"].map(lambda x: f"{x * 1.1:,.2f}")
    text.loc[::7, "Gross weight [kg]"] = ""
    text["Lane"] = np.where(CLEAN["Fraud"] == 1, "red", "green")
    text.loc[::5, "Lane"] = "n/a"
    text.to_csv(folder / "export.csv", index=False)
    return folder / "export.csv"


def uncommented(draft):
    """Return a draft with its extra columns, as a person who removes the marks leaves it."""
    return re.sub(r'^# (\[extra\]|"Gross|"Lane)', r"\1", draft, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """Drafted, uncommented in three lines, and imported on the command line."""
    folder = tmp_path_factory.mktemp("office")
    export = inspected_export(folder)
    drafted = run("data", "import", export, "--suggest")
    assert drafted.exit_code == 0, drafted.output
    (folder / "map.toml").write_text(uncommented(drafted.stdout), encoding="utf-8")
    arguments = ["data", "import", export, "--columns", folder / "map.toml", *DATES]
    refused = run(*arguments, "--out", folder / "edition")
    assert "no label, but submissions are scored against these. --inspected-only" in str(
        refused.exception
    )
    made = run(*arguments, "--inspected-only", "--out", folder / "edition")
    assert made.exit_code == 0, made.output
    assert f"absent: {', '.join(ABSENT)}" in made.output
    assert "extra: Gross weight kg (number), Lane (category)" in made.output
    assert "of the private period: they have no label, and so cannot be scored." in made.output
    return folder / "edition"


def test_files_and_manifest(edition):
    manifest = json.loads((edition / "public/edition.json").read_text())
    assert manifest["absent"] == [*ABSENT]
    assert manifest["extra"] == {"Gross weight kg": "number", "Lane": "category"}
    train = pd.read_csv(edition / "public/train.csv", dtype=str)
    assert list(train.columns[-4:]) == ["Fraud", "Critical Fraud", *manifest["extra"]]
    assert train[list(ABSENT)].isna().all(axis=None)
    loaded = load_edition(edition)
    assert list(loaded.train.columns) == list(loaded.test.columns)
    assert list(loaded.test.columns[-2:]) == [*manifest["extra"]]
    source = CLEAN.set_index("Declaration ID")["Net Mass"].reindex(loaded.test["Declaration ID"])
    known = loaded.test["Gross weight kg"].notna().to_numpy()
    assert 0 < known.sum() < len(known)
    np.testing.assert_allclose(
        loaded.test["Gross weight kg"][known], source[known] * 1.1, atol=0.006
    )
    assert set(loaded.test["Lane"].dropna()) == {"red", "green"}
    assert (loaded.y >= 0).mean() == pytest.approx(1 / 3, abs=0.01)
    assert loaded.y_critical.max() == 1
    sheet = (edition / "public/DATASHEET.md").read_text()
    assert "| Net Mass | number | kg | 100.0% | 100.0% | Mass without packing. Absent from" in sheet
    assert "| Lane | extra, category |" in sheet


@pytest.mark.parametrize("command", ["verify", "describe", "audit --no-transfer"])
def test_commands_take_it(command, edition, tmp_path):
    html = () if command == "verify" else ("--html", tmp_path / "page.html")
    name, *options = command.split()
    result = run("data", name, edition, *options, *html)
    assert result.exit_code in (0, 1), result.output
    if isinstance(result.exception, KitError):
        assert "An audit needs at least 20 frauds" in str(result.exception)
        return
    assert result.exception is None or isinstance(result.exception, SystemExit)
    if name == "describe":
        assert (
            f"Absent from this edition, empty in every row: {', '.join(ABSENT)}." in result.output
        )
        assert "Extra columns: Gross weight kg (number), Lane (category)." in result.output
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert "Extra columns: Gross weight kg (number), Lane (category)." in page
        assert "Who files with whom" not in page


@pytest.mark.process
def test_a_run_ends_with_a_table_and_what_the_model_lacks(edition, tmp_path):
    command = ["baseline", "run", "logistic_regression", "--recipe", "paper"]
    result = run(*command, "--edition", edition, "--out", tmp_path / "runs")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "precision@5 %" in said
    assert f"Absent from this edition, empty in every row: {', '.join(ABSENT)}." in said
    lack = "Office ID, Declarant ID, Courier ID and 3 more"
    assert f"logistic_regression: 6 of 19 features lack a column: {lack}." in said
    assert "logistic_regression: no use of the extra columns Gross weight kg, Lane." in said
    record = json.loads(next((tmp_path / "runs").glob("*/run.json")).read_text())
    assert record["lacking"] == [*ABSENT]
    submission = next((tmp_path / "runs").glob("*/submission.csv"))
    scored = run("score", submission, "--edition", edition, "--json")
    assert json.loads(scored.stdout)[0]["private"]["precision_at_5"] >= 0


def test_a_value_in_an_absent_column_is_refused(edition, tmp_path):
    train = edition / "public/train.csv"
    before = train.read_text()
    lines = before.splitlines(keepends=True)
    row = lines[1].split(",")
    row[2] = "20"  # Office ID
    train.write_text("".join([lines[0], ",".join(row), *lines[2:]]))
    with pytest.raises(InvalidDeclarationsError, match="Office ID must be empty in every row, as"):
        load_edition(edition)
    train.write_text(before)
    manifest = edition / "public/edition.json"
    kept = manifest.read_text()
    for old, new, message in (
        ('"Net Mass"', '"HS6 Code"', "HS6 Code must not be absent"),
        ('"category"', '"text"', "is of type 'text': choose number or category"),
        ('"extra": {', '"extra": [{', "is not the manifest of an edition"),
    ):
        manifest.write_text(kept.replace(old, new))
        with pytest.raises(InvalidEditionError, match=message):
            load_edition(edition)
    manifest.write_text(kept)


def test_a_column_that_is_always_empty_leads_to_a_map(tmp_path):
    path = tmp_path / "all.csv"
    as_text(CLEAN).assign(**{"Net Mass": ""}).to_csv(path, index=False)
    refused = run("data", "import", path, *DATES, "--out", tmp_path / "e")
    assert "Net Mass must not be empty" in str(refused.exception)
    assert "because your office lacks it, say so in a map. Draft one: customs-kit" in str(
        refused.exception
    )
    (tmp_path / "map.toml").write_text(suggest_map(path, find_task()), encoding="utf-8")
    rules = read_column_map(tmp_path / "map.toml")
    assert rules.column_set.absent == ("Net Mass",)


def test_days_as_excel_counts_them(tmp_path):
    clean = CLEAN.iloc[1::2].reset_index(drop=True)
    text = as_text(clean)
    serial = (clean["Date"] - pd.Timestamp("1899-12-30")).dt.days
    assert serial[clean["Date"] == "2020-01-01"].unique().tolist() in ([43831], [])
    dates = (
        clean["Date"].dt.strftime("%d/%m/%Y").where(clean["Date"].dt.day > 12, serial.astype(str))
    )
    for cells in (serial.astype(str) + ".0", dates):
        export = damaged(clean, tmp_path)
        table = pd.read_csv(export, dtype=str, keep_default_na=False)
        table.assign(Date=cells).to_csv(export, index=False)
        (tmp_path / "map.toml").write_text(suggest_map(export, find_task()), encoding="utf-8")
        rules = read_column_map(tmp_path / "map.toml")
        assert rules.spreadsheet
        frame = read_sources([export], find_task(), Export(rules=rules)).frames[0]
        assert frame["Date"].tolist() == clean["Date"].tolist()
    # A number is no day without a spreadsheet, and columns of such numbers are no guess.
    codes = text.assign(**{"Office ID": "43831"}).rename(columns={"Office ID": "Place"})
    codes.to_csv(tmp_path / "codes.csv", index=False)
    assert '"Date" = "Date"' in suggest_map(tmp_path / "codes.csv", find_task())


def test_rates_by_month(tmp_path):
    text = as_text(CLEAN)
    month = CLEAN["Date"].dt.strftime("%Y-%m")
    rates = {name: 1000.0 + 10 * place for place, name in enumerate(sorted(month.unique()))}
    text["Item Price"] = (CLEAN["Item Price"] / month.map(rates)).map(repr)
    text["Money"] = "USD"
    text.to_csv(tmp_path / "export.csv", index=False)
    columns = {name: name for name in as_text(CLEAN)}

    def read(**currency):
        rules = from_table(ColumnMap, {"columns": columns, "currency": currency}, "map.toml")
        return read_sources([tmp_path / "export.csv"], find_task(), Export(rules=rules)).frames[0]

    for where in ({"column": "Money"}, {"code": "USD"}):
        frame = read(**where, monthly={"USD": rates})
        np.testing.assert_allclose(frame["Item Price"], CLEAN["Item Price"], atol=0.01)
    first = month.iloc[0]
    few = {name: rate for name, rate in rates.items() if name != first}
    with pytest.raises(InvalidDeclarationsError, match="needs a rate of USD in its month"):
        read(code="USD", monthly={"USD": few})
    with pytest.raises(InvalidDeclarationsError, match=r"or of its month under \[currency"):
        read(column="Money", monthly={"USD": few})
    for wrong, message in (
        ({"USD": {"2020": 1.0}}, "monthly.USD: '2020' is no month; write it as 2020-01"),
        ({"USD": {"2020-01": 0.0}}, "the rate of USD in 2020-01 is 0: write how many won USD 1 is"),
    ):
        with pytest.raises(KitError, match=message):
            read(code="USD", monthly=wrong)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("IDE_CUO_COD", "Office ID"),
        ("CMP_CON_COD", "Importer ID"),
        ("TAR_HSC_NB1", "HS6 Code"),
        ("GDS_ORG_CTY", "Country of Origin"),
        ("VIT_WGT_NET", "Net Mass"),
        ("SADITM_PREFER_COD", "Tax Type"),
        ("Net_weight_itm", "Net Mass"),
        ("GovernmentAgencyGoodsItem.CustomsValueAmount", "Item Price"),
    ],
)
def test_names_of_asycuda_and_the_wco(name, meaning):
    owner = "the WCO Data Model" if "." in name else "ASYCUDA"
    assert match_name(name, meaning).confidence == 0.95
    assert owner in match_name(name, meaning).reason
