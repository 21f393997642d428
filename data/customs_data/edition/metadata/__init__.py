"""An edition's public files in the words of other programs: columns by table, croissant.json."""
