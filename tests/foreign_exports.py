"""Exports of eight offices, made from one table of declarations."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from customs_data.schema import COLUMN
from made_up import make_sample

ALPHA_3 = {"CN": "CHN", "JP": "JPN", "US": "USA", "DE": "DEU", "VN": "VNM"}
DATES = ["--public-from", "2021-01-01", "--private-from", "2021-04-01"]
USD = 1250.0


def clean_declarations(n: int = 400) -> pd.DataFrame:
    """Declarations with prices that are whole cents of a dollar, and sellers of six digits."""
    frame = pd.concat(make_sample(n, seed=4).values(), ignore_index=True)
    frame["Item Price"] = np.ceil(frame["Item Price"] / 12.5) * 12.5
    sellers = frame["Seller ID"].str.extract(r"(\d+)")[0].str.zfill(6)
    # Some begin with 0, most do not.
    sellers = sellers.where(sellers.str[-1] == "3", "7" + sellers.str[1:])
    frame["Seller ID"] = sellers.astype(frame["Seller ID"].dtype)
    frame["Net Mass"] = frame["Net Mass"].round(1)
    return frame


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """The same cells as text, '' for missing ones."""
    text = frame.copy().astype(object)
    text["Date"] = frame["Date"].dt.strftime("%Y-%m-%d")
    for name in ("Tax Rate", "Net Mass", "Item Price"):
        text[name] = frame[name].map(repr)
    return text.fillna("").astype(str)


class Office(NamedTuple):
    """An export and what a person corrects in its draft.

    Attributes
    ----------
    write : callable
        Writes a table into a folder, and returns the file or folder.
    corrections : tuple of (str, str)
        Pattern of a line of the draft, and the line that replaces it.
    """

    write: Callable[[pd.DataFrame, Path], Path]
    corrections: tuple[tuple[str, str], ...] = ()


KOREAN = dict(
    zip(
        COLUMN,
        [
            *("신고번호", "신고일자", "신고세관", "신고구분", "거래구분", "수입종류", "결제방법"),
            *("운송수단", "신고인부호", "납세의무자", "해외거래처부호", "특송업체", "세번부호"),
            *(
                "적출국",
                "원산지",
                "관세율",
                "세율구분",
                "원산지표시",
                "총순중량_KG",
                "물품과세가격_원화",
            ),
            *("적발여부", "중대적발"),
        ],
        strict=True,
    )
)


def korean(frame: pd.DataFrame, folder: Path) -> Path:
    text = as_text(frame)
    text["Date"] = text["Date"].str.replace("-", "")
    text["HS6 Code"] = text["HS6 Code"] + "9099"
    text["Item Price"] = frame["Item Price"].map(lambda x: f"{x:,}")
    text["Fraud"] = text["Fraud"].map({"1": "Y", "0": "N"})
    text = text.rename(columns=KOREAN).assign(비고="확인")
    return write(text, folder / "uni-pass.csv", encoding="cp949")


def asycuda(frame: pd.DataFrame, folder: Path) -> Path:
    text = as_text(frame)
    text["Date"] = frame["Date"].dt.strftime("%d/%m/%Y")
    text["HS6 Code"] = text["HS6 Code"] + "00"
    names = [
        *("SAD_REG_NBER", "SAD_REG_DATE", "KEY_CUO", "SAD_TYP_PROC", "SAD_TYP_DEC"),
        *("SADITM_EXTD_PROC", "Mode_of_payment", "SAD_MOT_BORD", "KEY_DEC", "SAD_CONSIGNEE"),
        *("SAD_EXPORTER", "carrier_code", "SADITM_HS_COD", "SAD_CTY_EXPCOD"),
        *("SADITM_CTY_ORIGCOD", "duty_tax_rate", "duty_tax_code", "origin_marking"),
        *("SADITM_NET_MASS", "ITM_STAT_VALUE", "offence_flag", "critical_offence"),
    ]
    text.columns = pd.Index(names)
    return write(text, folder / "sad.txt", sep="|")


def american(frame: pd.DataFrame, folder: Path) -> Path:
    text = as_text(frame)
    text["Date"] = frame["Date"].dt.strftime("%m/%d/%Y 00:00:00")
    text["HS6 Code"] = text["HS6 Code"].str.replace(r"(....)(..)", r"\1.\2.0040", regex=True)
    for name in ("Country of Departure", "Country of Origin"):
        text[name] = text[name].map(ALPHA_3)
    names = [
        *("Entry Number", "Entry Date", "Port of Entry", "Processing Type", "Entry Type"),
        *("End Use", "Payment Method", "MOT", "Filer Code", "Importer of Record"),
        *("Manufacturer ID", "Carrier", "HTS Number", "Country of Export", "Country of Origin"),
        *("Duty Rate Pct", "Special Program Indicator", "Origin Marking", "Nett Weight KG"),
        *("Total Entered Value", "Violation", "Flag 2"),
    ]
    text.columns = pd.Index(names)
    return write(text, folder / "ace.csv")


def colombian(frame: pd.DataFrame, folder: Path) -> Path:
    text = as_text(frame)
    text["Item Price"] = (frame["Item Price"] / USD).map("{:.2f}".format)
    number = "DI-" + pd.Series(np.arange(len(text)) // 3 + 500_000).astype(str)
    text["Declaration ID"] = number.to_numpy()
    text.insert(1, "Ítem", (np.arange(len(text)) % 3 + 1).astype(str))
    names = [
        *("Número de declaración", "Ítem", "Fecha de aceptación", "Aduana", "Tipo de proceso"),
        *("Modalidad de importación", "Régimen", "Forma de pago", "Vía de transporte"),
        *("Declarante", "NIT importador", "Proveedor", "Mensajería", "Subpartida arancelaria"),
        *("País procedencia", "País origen", "Tarifa arancelaria", "Acuerdo"),
        *("Marca de origen", "Peso neto (kg)", "Valor FOB USD", "Infracción", "Infracción grave"),
    ]
    text.columns = pd.Index(names)
    text["Infracción"] = text["Infracción"].map({"1": "Sí", "0": "No"})
    return write(text, folder / "dian.csv", encoding="latin-1", sep=";")


def european(frame: pd.DataFrame, folder: Path) -> Path:
    text = as_text(frame)
    text["Date"] = frame["Date"].dt.strftime("%d.%m.%Y")
    for name in ("Tax Rate", "Net Mass", "Item Price"):
        comma = frame[name].map(lambda x: f"{x:,.1f}")
        text[name] = comma.str.translate(str.maketrans(",.", ".,"))
    names = [
        *("N° déclaration", "Date d'enregistrement", "Bureau de douane", "Type de traitement"),
        *("Type de déclaration", "Régime douanier", "Mode de paiement", "Mode de transport"),
        *("Déclarant", "Destinataire", "Fournisseur", "Transporteur express", "Code SH"),
        *("Pays de provenance", "Pays d'origine", "Taux de droit", "Préférence"),
        *("Marquage d'origine", "Masse nette", "Valeur en douane", "Infraction"),
        "Infraction grave",
    ]
    text.columns = pd.Index(names)
    return write(text, folder / "douane.csv", encoding="utf-16", sep=";")


def workbook(frame: pd.DataFrame, folder: Path) -> Path:
    table = frame.drop(columns="Courier ID").astype({"Fraud": int, "Critical Fraud": int})
    table["Declaration ID"] = table["Declaration ID"].astype(int)
    names = [
        *("DeclarationID", "AcceptanceDateTime", "DeclarationOfficeID", "ProcessingTypeCode"),
        *("DeclarationTypeCode", "GovernmentProcedureCurrentCode", "PaymentMethodCode"),
        *("BorderTransportMeansModeCode", "DeclarantID", "ImporterID", "SellerID"),
        *("ClassificationID", "ExportCountryID", "OriginCountryCode", "TaxRateNumeric"),
        *("DutyTaxFeeTypeCode", "OriginTypeCode", "NetNetWeightMeasure", "CustomsValueAmount"),
        *("ControlResultCode", "Control.SeverityCode"),
    ]
    table.columns = pd.Index(names)
    table.to_excel(folder / "wco.xlsx", index=False)
    return folder / "wco.xlsx"


def monthly(frame: pd.DataFrame, folder: Path) -> Path:
    months = folder / "monthly"
    months.mkdir()
    names = {name: re.sub(r"\W+", "_", name).lower() for name in frame}
    table = frame.rename(columns=names)
    for month, part in table.groupby(frame["Date"].dt.strftime("%Y-%m")):
        part.to_parquet(months / f"{month}.parquet")
    return months


def damaged(frame: pd.DataFrame, folder: Path) -> Path:
    """What a spreadsheet leaves: no leading zeros, 1000.0, 9.7E+07 and NULL."""
    text = as_text(frame)
    text["HS6 Code"] = text["HS6 Code"].str.lstrip("0")
    sellers = text["Seller ID"].str.lstrip("0") + ".0"
    text["Seller ID"] = sellers.where(text["Seller ID"] != "", "NULL")
    text["Courier ID"] = text["Courier ID"].replace("", "NULL")
    text["Declaration ID"] = text["Declaration ID"] + ".0"
    short = frame["Item Price"].map(lambda x: f"{x:.1E}")
    is_short = short.astype(float) == frame["Item Price"]
    assert is_short.any()
    text["Item Price"] = text["Item Price"].where(~is_short, short)
    return write(text, folder / "excel.csv")


def write(text: pd.DataFrame, path: Path, **how: str) -> Path:
    text.to_csv(path, index=False, **how)
    return path


OFFICES = {
    "Korean": Office(korean),
    "ASYCUDA": Office(asycuda),
    "American": Office(american, ((r'"Critical Fraud" = .*', '"Critical Fraud" = "Flag 2"'),)),
    "Colombian": Office(colombian, ((r'"USD" = 0\.0.*', f'"USD" = {USD}'),)),
    "European": Office(european),
    "workbook": Office(workbook),
    "monthly": Office(monthly),
    "damaged": Office(damaged),
}
