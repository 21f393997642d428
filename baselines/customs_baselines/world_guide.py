"""The pictures of the guide `data/HOW_THE_WORLD_WORKS.md`; `make guide` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from customs_baselines.experiments.links_picture import draw_links
from customs_baselines.experiments.result_rows import Results, read_results
from customs_data.errors import KitError
from customs_data.world_pictures.gallery import save_pictures
from customs_data.world_pictures.ink import drawing, save
from customs_data.world_pictures.scene import Scene, make_scene

#: Name of the picture of precision with and without links.
LINKS = "links"


def save_guide(results: Results, scene: Scene, out: Path) -> list[Path]:
    """Draw every picture of the guide.

    Parameters
    ----------
    results : Results
        Of a grid over worlds with and without links.
    scene : Scene
        Worlds to draw.
    out : path
        Folder; made if it is missing.

    Returns
    -------
    list of path
        The files.

    Raises
    ------
    KitError
        If the results hold no pairs or a file cannot be written.
    """
    paths = save_pictures(scene, out)
    with drawing():
        save(draw_links(results), out / f"{LINKS}.svg")
    return [*paths, out / f"{LINKS}.svg"]


@click.command()
@click.option(
    "--links", required=True, type=click.Path(path_type=Path), help="Results of a grid, JSON."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of pictures.")
def main(links: Path, out: Path) -> None:
    """Draw the pictures of the guide 'How the world works'."""
    try:
        results = read_results([links])
        for path in save_guide(results, make_scene(), out):
            click.echo(path)
    except KitError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
