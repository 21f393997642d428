"""A wrong map and wrong cells are named in one sentence; rejected rows are counted and listed."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from customs_data.column_maps.column_map import ColumnMap, read_column_map
from customs_data.column_maps.countries import ALPHA_2
from customs_data.column_maps.declaration_ids import number_items
from customs_data.column_maps.reading import Export
from customs_data.column_maps.suggesting import suggest_map
from customs_data.edition.importing import read_sources
from customs_data.errors import KitError
from customs_data.tasks import find_task
from customs_data.toml import from_table
from customs_kit.cli import customs_kit
from foreign_exports import DATES, as_text, clean_declarations, colombian, workbook

CLEAN = clean_declarations(200)
TEXT = as_text(CLEAN)
SAME = {name: name for name in TEXT}


def table(name: str, content: dict[str, object]) -> str:
    return f"[{name}]\n" + "".join(f"{key!r} = {value!r}\n" for key, value in content.items())


def read(folder, text, *, settings="", columns=None, more="", encoding="utf-8", **options):
    """Read a table with a map as it stands in a file."""
    text.to_csv(folder / "export.csv", index=False, encoding=encoding)
    mapped = table("columns", SAME if columns is None else columns)
    (folder / "map.toml").write_text(f"{settings}\n{mapped}{more}", encoding="utf-8")
    export = Export(rules=read_column_map(folder / "map.toml"), **options)
    return read_sources([folder / "export.csv"], find_task(), export)


def without(*names):
    return {name: source for name, source in SAME.items() if name not in names}


def extra_table(name, source, kind):
    return f"[extra]\n{name!r} = {{column = {source!r}, type = {kind!r}}}\n"


def changed(name, cells, *, rows=slice(0, 1)):
    text = TEXT.copy()
    text.loc[text.index[rows], name] = cells
    return text


TRADERS = ("Declarant ID", "Importer ID", "Seller ID", "Courier ID")
COUNTRIES = ("Country of Departure", "Country of Origin")
ALPHA_3 = TEXT.assign(**dict.fromkeys(COUNTRIES, "KOR"))
EUROS = {"more": '[currency]\ncolumn = "M"\nrates = {USD = 1250.0}\n'}
WRONG = {
    "no such column of the kit": (
        TEXT, {"columns": SAME | {"Declaraton ID": "x"}},
        "columns: unknown column 'Declaraton ID'; is it 'Declaration ID'?",
    ),
    "no such column in the file": (
        TEXT, {"columns": SAME | {"Date": "Dates"}},
        "export.csv has no column 'Dates', which the map names. Is it 'Date'?",
    ),
    "two from one": (
        TEXT, {"columns": SAME | {"Seller ID": "Courier ID"}},
        "columns: 'Seller ID' and 'Courier ID' are both read from 'Courier ID'.",
    ),
    "nothing about a column": (
        TEXT, {"columns": without("Tax Type")}, "nothing is said about Tax Type.",
    ),
    "without goods": (
        TEXT, {"columns": without("HS6 Code"), "more": table("absent", {"HS6 Code": ""})},
        "The column map: HS6 Code must not be absent. The least that an edition needs is",
    ),
    "without mass and price": (
        TEXT, {"columns": without("Net Mass", "Item Price"),
               "more": table("absent", {"Net Mass": "", "Item Price": ""})},
        "Net Mass or Item Price must not be absent. The least",
    ),
    "without any trader": (
        TEXT, {"columns": without(*TRADERS), "more": table("absent", dict.fromkeys(TRADERS, ""))},
        "one of Declarant ID, Importer ID, Seller ID, Courier ID must not be absent. The least",
    ),
    "without a label": (
        TEXT,
        {"columns": without("Critical Fraud"), "more": table("absent", {"Critical Fraud": ""})},
        "absent: an edition needs Critical Fraud. Name its column in [columns]; both labels may",
    ),
    "an extra column of a wrong type": (
        TEXT, {"more": extra_table("Note", "Tax Type", "text")},
        "type must be one of number, category, not 'text'.",
    ),
    "an extra column with a name of the kit": (
        TEXT.assign(M="1"), {"more": extra_table("Net Mass", "M", "number")},
        "'Net Mass' is a column of the kit: name it in [columns], not in [extra].",
    ),
    "an extra column named like a hidden one": (
        TEXT.assign(M="1"), {"more": extra_table("usage", "M", "number")},
        "An extra column must not be named 'usage': the kit uses the name 'Usage'.",
    ),
    "an extra column with a name that is no name": (
        TEXT.assign(M="1"), {"more": extra_table("=1+1", "M", "number")},
        "'=1+1' does not suit an extra column: choose 1 to 64 letters",
    ),
    "an extra column that is read already": (
        TEXT, {"more": extra_table("Mass again", "Net Mass", "number")},
        "columns: 'Net Mass' and 'Mass again' are both read from 'Net Mass'.",
    ),
    "an extra number that is none": (
        TEXT.assign(M=["many"] + ["1"] * (len(TEXT) - 1)),
        {"more": extra_table("M", "M", "number")},
        "M must be a number from -1e+15 to 1e+15, but line 2 has 'many'.",
    ),
    "unknown encoding": (
        TEXT, {"more": '[file]\nencoding = "cp9499"\n'}, "Unknown encoding 'cp9499'",
    ),
    "wrong encoding": (
        changed("Tax Type", "세율"), {"encoding": "cp949"},
        "export.csv is not utf-8 text: line 2 contains the byte 0xbc. It looks like cp949",
    ),
    "wrong delimiter": (
        TEXT, {"more": '[file]\ndelimiter = ";"\n'}, "export.csv has no ';' in its header.",
    ),
    "unknown key": (TEXT, {"settings": "hs_digit = 8"}, "unknown key 'hs_digit'; is it 'hs_"),
    "unknown countries": (
        changed("Country of Origin", "KOX").assign(**{COUNTRIES[0]: "KOR"}),
        {"settings": 'countries = "alpha-3"'},
        "Country of Origin must be a country code of three letters (ISO 3166-1 alpha-3), but line "
        "2 has 'KOX'",
    ),
    "no rate": (
        TEXT.assign(M=["EUR"] + ["USD"] * (len(TEXT) - 1)), EUROS,
        "Item Price needs a currency (M) with a rate under [currency.rates], but line 2 has 'EUR'.",
    ),
    "rate not filled in": (
        TEXT, {"more": '[currency]\ncode = "USD"\nrates = {USD = 0.0}\n'},
        "the rate of USD is 0: write how many won USD 1 is.",
    ),
    "other dates": (
        changed("Date", "31.12.2020"), {}, "Date must be a day written as %Y-%m-%d, but line 2 has",
    ),
    "unclear compact date": (
        TEXT.assign(Date="2020111"), {"settings": 'date_format = "%Y%m%d"'}, "Date must be a day",
    ),
    "digits that are lost": (
        changed("Importer ID", "9.7E+07"), {"settings": "spreadsheet = true"},
        "Importer ID must not be a rounded number: its digits are lost, but line 2 has '9.7E+07'.",
    ),
    "too few HS digits": (
        changed("HS6 Code", "4202"), {}, "HS6 Code must be an HS code of 6 digits",
    ),
    "misplaced thousands": (
        changed("Net Mass", "1,23"), {"more": '[file]\nthousands = ","\n'},
        "Net Mass must be a number written as 1,234.5, but line 2 has '1,23'.",
    ),
    "mass below zero": (changed("Net Mass", "-3"), {}, "Net Mass (kg) must be a number from 0"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(case, tmp_path):
    text, options, message = WRONG[case]
    with pytest.raises(KitError) as error:
        read(tmp_path, text, **options)
    assert message in str(error.value)


def test_values_constants_and_labels_in_words(tmp_path):
    text = TEXT.drop(columns=["Tax Type", "Courier ID", "Critical Fraud"])
    text["Fraud"] = TEXT["Critical Fraud"].map({"0": "none", "1": "minor", "2": "grave"})
    text.loc[0, "Country of Origin"] = "n/a"
    text.loc[1, ["Country of Origin", "Fraud"]] = ["NA", "n/a"]  # Namibia; not inspected
    labels = {"none": "0", "minor": "1", "grave": "1"}
    more = (
        table("absent", {"Tax Type": "A", "Courier ID": ""})
        + table("values.Fraud", labels)
        + table("values.'Critical Fraud'", labels | {"grave": "2"})
        + table("values.'Country of Origin'", {"": "ZZ"})
    )
    columns = without("Tax Type", "Courier ID") | {"Critical Fraud": "Fraud"}
    result = read(
        tmp_path, text, columns=columns, settings='missing = ["n/a", "NA"]', more=more
    ).frames[0]
    expected = CLEAN.assign(**{"Tax Type": "A"})
    expected.loc[0, "Country of Origin"] = "ZZ"
    expected.loc[1, ["Country of Origin", "Fraud", "Critical Fraud"]] = ["NA", -1, -1]
    assert result["Courier ID"].isna().all()
    for name in ("Country of Origin", "Fraud", "Critical Fraud", "Tax Type"):
        assert result[name].tolist() == expected[name].tolist()


def test_several_currencies(tmp_path):
    in_usd = TEXT.index % 2 == 0
    prices = (CLEAN["Item Price"] / 1250).where(in_usd, CLEAN["Item Price"]).map(repr)
    money = pd.Series("KRW", TEXT.index).mask(in_usd, "USD")
    result = read(tmp_path, TEXT.assign(**{"Item Price": prices, "M": money}), **EUROS).frames[0]
    assert result["Item Price"].tolist() == CLEAN["Item Price"].tolist()


def import_(folder, *options):
    map_toml = folder / "map.toml"
    arguments = ["data", "import", folder / "export.csv", "--columns", map_toml, *options, *DATES]
    return CliRunner().invoke(customs_kit, [str(x) for x in (*arguments, "--out", folder / "e")])


def test_rejected_rows_are_listed_and_counted(tmp_path):
    text = TEXT.copy()
    text.loc[3, ["Date", "Net Mass"]] = ["soon", "-1"]
    text.loc[5, "Importer ID"] = ""
    text.loc[7, "Declaration ID"] = text.loc[6, "Declaration ID"]
    text.to_csv(tmp_path / "export.csv", index=False)
    with (tmp_path / "export.csv").open("a") as stream:
        stream.write("1,2,3\n")
    (tmp_path / "map.toml").write_text(table("columns", SAME))
    refused = import_(tmp_path, "--rejected", tmp_path / "bad.csv", "--reject-up-to", "0.01")
    assert isinstance(refused.exception, KitError)
    assert "4 of 201 rows (1.99%) do not fit, more than the share" in str(refused.exception)
    assert not (tmp_path / "e").exists()
    accepted = import_(tmp_path, "--rejected", tmp_path / "bad.csv", "--reject-up-to", "0.02")
    assert accepted.exit_code == 0, accepted.output
    assert "4 of 201 rows (1.99%) do not fit and were left out" in accepted.output
    bad = pd.read_csv(tmp_path / "bad.csv", dtype=str, keep_default_na=False)
    assert list(zip(bad["Line"], bad["Column"], strict=True)) == [
        *(("5", "Date"), ("7", "Importer ID"), ("9", "Declaration ID"), ("202", "")),
    ]
    assert bad["Reason"][0] == "Date must be a day written as %Y-%m-%d"
    assert bad["Seller ID"][0] == text.loc[3, "Seller ID"]
    rows = pd.concat([pd.read_csv(tmp_path / f"e/public/{x}.csv") for x in ("train", "test")])
    left = TEXT.drop(index=[3, 5, 7])["Declaration ID"]
    assert set(rows["Declaration ID"].astype(str)) == set(left)


def test_rejections_need_no_map_and_two_files_of_a_folder_share_no_id(tmp_path):
    months = tmp_path / "months"
    months.mkdir()
    TEXT.iloc[:150].to_csv(months / "a.csv", index=False)
    TEXT.iloc[149:].to_csv(months / "b.csv", index=False)
    arguments = ["data", "import", str(months), *DATES, "--out", str(tmp_path / "e")]
    refused = CliRunner().invoke(customs_kit, arguments)
    assert "b.csv: 1 problem" in str(refused.exception)
    assert "must be unique in the whole folder, but line 2 has" in str(refused.exception)
    rejecting = [*arguments, "--rejected", str(tmp_path / "r.csv"), "--reject-up-to", "0.5"]
    assert CliRunner().invoke(customs_kit, rejecting).exit_code == 0
    assert pd.read_csv(tmp_path / "r.csv")[["File", "Line"]].values.tolist() == [["b.csv", 2]]


def test_a_header_is_never_rejected(tmp_path):
    TEXT.drop(columns="Date").to_csv(tmp_path / "x.csv", index=False)
    arguments = ["--rejected", tmp_path / "r.csv", "--reject-up-to", "0.9", "--out", tmp_path / "e"]
    command = ["data", "import", tmp_path / "x.csv", *DATES, *arguments]
    result = CliRunner().invoke(customs_kit, [str(x) for x in command])
    assert "Missing columns: Date." in str(result.exception)


def test_ids_of_items_do_not_depend_on_order_and_are_kept(tmp_path):
    items = [f"DI-{i}" for i in range(20_000)]  # two or so come to the same ID at first
    ids = number_items(items)
    assert ids == number_items(reversed(items))
    assert len(set(ids.values())) == len(items)
    export = colombian(CLEAN, tmp_path)
    draft = suggest_map(export, find_task()).replace('"USD" = 0.0', '"USD" = 1250.0')
    (tmp_path / "map.toml").write_text(draft, encoding="utf-8")
    rules = read_column_map(tmp_path / "map.toml")
    kept = Export(rules=rules, ids=tmp_path / "ids.csv")
    frame = read_sources([export], find_task(), kept).frames[0]
    table_of_ids = pd.read_csv(tmp_path / "ids.csv", dtype=str)
    assert list(table_of_ids) == ["Número de declaración", "Ítem", "Declaration ID"]
    assert set(table_of_ids["Declaration ID"]) == set(frame["Declaration ID"])


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ","])
def test_a_foreign_export_leads_to_a_draft(encoding, delimiter, tmp_path):
    export = colombian(CLEAN, tmp_path)
    text = export.read_text(encoding="latin-1").replace(";", delimiter)
    export.write_text(text, encoding=encoding)
    with pytest.raises(KitError, match=r"Draft one: customs-kit data import \S+dian.csv --suggest"):
        read_sources([export], find_task(), Export())


def test_a_draft_says_what_it_does_not_know(tmp_path):
    text = TEXT.drop(columns=["Tax Type", "Courier ID", "Critical Fraud"]).assign(Note="x")
    text = text.rename(columns={"Date": "When", "Fraud": "R"})
    text["R"] = text["R"].map({"1": "Y", "0": "N"})
    text.to_csv(tmp_path / "export.csv", index=False)
    draft = suggest_map(tmp_path / "export.csv", find_task())
    assert '"Date" = "When"  # 0.45: by its values' in draft
    assert '"Fraud" = "R"  # 0.35: by its values only' in draft
    assert '"Critical Fraud" = "R"  # 0.35: no column for it' in draft
    for absent in ("Tax Type", "Courier ID"):
        assert f'"{absent}" = ""  # no column looks like it: absent from the edition' in draft
    assert """# "Note" = { column = "Note", type = "category" }  # such as 'x'""" in draft
    (tmp_path / "map.toml").write_text(draft)
    export = Export(rules=read_column_map(tmp_path / "map.toml"))
    assert export.column_set.absent == ("Courier ID", "Tax Type")
    result = read_sources([tmp_path / "export.csv"], find_task(), export)
    assert result.frames[0]["Fraud"].tolist() == CLEAN["Fraud"].tolist()
    assert result.notes == ["Left out 1 column that the map does not name: Note."]


def test_a_workbook_without_openpyxl_says_how_to_get_it(tmp_path, monkeypatch):
    pytest.importorskip("openpyxl")
    path = workbook(CLEAN, tmp_path)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(KitError, match=r"pip install 'customs-kit\[excel\]'"):
        suggest_map(path, find_task())


def test_the_map_in_the_readme_is_valid():
    readme = (Path(__file__).parents[3] / "data/README.md").read_text(encoding="utf-8")
    section = readme.partition("## Your own export")[2]
    example = section.partition("```toml\n")[2].partition("```")[0]
    rules = from_table(ColumnMap, tomllib.loads(example), "README.md")
    assert rules.currency is not None
    assert rules.line_items is not None


def test_there_is_one_code_of_two_letters_for_each_country():
    assert len(ALPHA_2) == 249 + 2  # ISO 3166-1, Kosovo and "unknown"
    assert len(set(ALPHA_2.values())) == len(ALPHA_2)
