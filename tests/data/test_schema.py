from __future__ import annotations

from customs_data import schema


def test_columns_are_those_of_the_paper():
    # Table 1 of arXiv:2208.02484, in its order
    assert list(schema.COLUMN) == [
        "Declaration ID",
        "Date",
        "Office ID",
        "Process Type",
        "Import Type",
        "Import Use",
        "Payment Type",
        "Mode of Transport",
        "Declarant ID",
        "Importer ID",
        "Seller ID",
        "Courier ID",
        "HS6 Code",
        "Country of Departure",
        "Country of Origin",
        "Tax Rate",
        "Tax Type",
        "Country of Origin Indicator",
        "Net Mass",
        "Item Price",
        "Fraud",
        "Critical Fraud",
    ]
    assert len(schema.DECLARED_COLUMNS) == 20


def test_only_seller_and_courier_may_be_missing():
    assert [c.name for c in schema.COLUMNS if c.may_be_missing] == ["Seller ID", "Courier ID"]


def test_every_column_has_a_description_and_numbers_have_a_unit():
    for column in schema.COLUMNS:
        assert column.description.endswith(".")
        assert (column.role == "number") == bool(column.unit)
