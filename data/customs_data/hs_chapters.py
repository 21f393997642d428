"""Short names of the chapters of the Harmonized System, for people who read pages and figures."""

from __future__ import annotations

from typing import Final

#: Name of each chapter by its two digits. 77 is reserved; 98 and 99 are for national use.
CHAPTERS: Final = {
    "01": "live animals",
    "02": "meat",
    "03": "fish",
    "04": "dairy, eggs, honey",
    "05": "other animal products",
    "06": "plants, flowers",
    "07": "vegetables",
    "08": "fruit, nuts",
    "09": "coffee, tea, spices",
    "10": "cereals",
    "11": "flour, malt, starch",
    "12": "oil seeds",
    "13": "gums, plant extracts",
    "14": "other plant products",
    "15": "fats, oils",
    "16": "meat and fish dishes",
    "17": "sugar, sweets",
    "18": "cocoa, chocolate",
    "19": "bread, pasta",
    "20": "preserved vegetables",
    "21": "other foods",
    "22": "drinks, vinegar",
    "23": "animal feed",
    "24": "tobacco",
    "25": "salt, stone, cement",
    "26": "ores, slag",
    "27": "fuels, mineral oils",
    "28": "inorganic chemicals",
    "29": "organic chemicals",
    "30": "medicines",
    "31": "fertilisers",
    "32": "dyes, paints, inks",
    "33": "perfumes, cosmetics",
    "34": "soap, wax",
    "35": "glues, enzymes",
    "36": "explosives, matches",
    "37": "photographic goods",
    "38": "other chemicals",
    "39": "plastics",
    "40": "rubber",
    "41": "hides, leather",
    "42": "leather goods, bags",
    "43": "furs",
    "44": "wood",
    "45": "cork",
    "46": "basketware",
    "47": "wood pulp",
    "48": "paper",
    "49": "printed matter",
    "50": "silk",
    "51": "wool",
    "52": "cotton",
    "53": "other plant fibres",
    "54": "man-made filaments",
    "55": "man-made staple fibres",
    "56": "felt, ropes, yarns",
    "57": "carpets",
    "58": "special fabrics, lace",
    "59": "coated fabrics",
    "60": "knitted fabrics",
    "61": "knitted clothing",
    "62": "woven clothing",
    "63": "other textiles",
    "64": "footwear",
    "65": "hats",
    "66": "umbrellas, canes",
    "67": "feathers, wigs",
    "68": "stone, plaster goods",
    "69": "ceramics",
    "70": "glass",
    "71": "jewellery, precious metals",
    "72": "iron, steel",
    "73": "iron and steel goods",
    "74": "copper",
    "75": "nickel",
    "76": "aluminium",
    "77": "reserved",
    "78": "lead",
    "79": "zinc",
    "80": "tin",
    "81": "other base metals",
    "82": "tools, cutlery",
    "83": "other metal goods",
    "84": "machinery",
    "85": "electrical machinery",
    "86": "railway equipment",
    "87": "vehicles",
    "88": "aircraft",
    "89": "ships, boats",
    "90": "instruments",
    "91": "clocks, watches",
    "92": "musical instruments",
    "93": "arms, ammunition",
    "94": "furniture, lamps",
    "95": "toys, sports goods",
    "96": "other manufactures",
    "97": "art, antiques",
    "98": "national use",
    "99": "national use",
}


def name_chapter(chapter: str) -> str:
    """Return a chapter's digits and its name; digits that are no chapter stay alone.

    Parameters
    ----------
    chapter : str
        First two digits of an HS code.

    Examples
    --------
    >>> name_chapter("85"), name_chapter("00")
    ('85 electrical machinery', '00')
    """
    return f"{chapter} {CHAPTERS[chapter]}" if chapter in CHAPTERS else chapter
