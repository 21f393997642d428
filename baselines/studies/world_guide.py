"""Draw the figures of the guide data/HOW_THE_WORLD_WORKS.md (`make guide`)."""

from __future__ import annotations

from pathlib import Path

import click

from customs_baselines.experiments.result_rows import Results, read_results
from studies.links_figure import draw_links
from studies.script import Study
from studies.world_figures.figures import save_figures
from studies.world_figures.scene import Scene, make_scene
from studies.world_figures.style import drawing, save

#: Name of the figure of precision with and without links.
LINKS = "links"


def save_guide(results: Results, scene: Scene, out: Path) -> list[Path]:
    """Draw the figures of the guide and return their files.

    Parameters
    ----------
    results : Results
        Results of a grid over worlds with and without links.
    scene : Scene
        Worlds to draw.
    out : path
        Folder; made if it is missing.

    Raises
    ------
    KitError
        If the results contain no pairs, or a file cannot be written.
    """
    paths = save_figures(scene, out)
    with drawing():
        save(draw_links(results), out / f"{LINKS}.svg")
    return [*paths, out / f"{LINKS}.svg"]


@click.command(cls=Study)
@click.option(
    "--links", required=True, type=click.Path(path_type=Path), help="Results of a grid, JSON."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of figures.")
def main(links: Path, out: Path) -> None:
    """Draw the figures of the guide 'How the world works'.

    \b
    Example:
      python -m studies.world_guide --links scarcity.json --out docs/world
    """
    for path in save_guide(read_results([links]), make_scene(), out):
        click.echo(path)


if __name__ == "__main__":
    main()
