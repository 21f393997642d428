"""`python -m customs_data.world_pictures FOLDER`: draw the guide's pictures of the world."""

from __future__ import annotations

import sys
from pathlib import Path

from customs_data.errors import KitError
from customs_data.world_pictures.gallery import save_pictures
from customs_data.world_pictures.scene import make_scene

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("Usage: python -m customs_data.world_pictures FOLDER")
    try:
        save_pictures(make_scene(), Path(sys.argv[1]))
    except KitError as error:
        sys.exit(f"Error: {error}")
