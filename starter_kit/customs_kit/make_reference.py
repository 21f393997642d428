"""Write the reference of commands and the practice edition's facts (`make reference`)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from customs_data.files.atomic import write_atomically
from customs_kit.cli import customs_kit

#: Name of the generated block in the datasheet.
FACTS: Final = "practice-datasheet"
_HEAD: Final = """# Command-line reference

Generated from the commands' help by `make reference`. Every command exits 0 on success, 1 with one
sentence on an error, 2 on wrong usage. With `--json`, standard output is JSON and nothing else.
"""


def walk_commands(
    group: click.Group = customs_kit, path: tuple[str, ...] = ("customs-kit",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command below a group with its full name, groups before their commands."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from walk_commands(command, (*path, name))


def command_reference() -> str:
    """Return the reference as Markdown: a section for each command."""
    return "\n".join([_HEAD, *(_section(path, command) for path, command in walk_commands())])


def _section(path: tuple[str, ...], command: click.Command) -> str:
    lines = [f"## {' '.join(path)}", "", _help_text(command), ""]
    if isinstance(command, click.Group):
        return "\n".join(lines)
    # A fixed width: the document does not depend on the terminal.
    context = click.Context(command, info_name=" ".join(path), terminal_width=100)
    lines += ["```text", command.get_usage(context), "```", ""]
    rows = [row for parameter in command.params if (row := _row(parameter, context))]
    if rows:
        lines += ["| option | what it does |", "| --- | --- |", *rows, ""]
    return "\n".join(lines)


def _help_text(command: click.Command) -> str:
    r"""Return the help in Markdown; paragraphs that click does not wrap (\b) become code."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    parts = []
    for paragraph in paragraphs:
        if paragraph.startswith("\b\n"):
            title, *rest = paragraph.removeprefix("\b\n").split("\n")
            body = "\n".join(line.removeprefix("  ") for line in rest)
            parts += [title, f"```text\n{body}\n```"]
        else:
            parts.append(paragraph)
    return "\n\n".join(parts)


def _row(parameter: click.Parameter, context: click.Context) -> str | None:
    record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
    if record is None:
        return None
    names, text = (part.replace("|", "\\|") for part in record)
    return f"| `{names}` | {' '.join(text.split())} |"


def practice_facts() -> str:
    """Return composition and columns from the practice edition's datasheet."""
    from customs_data.edition.layout import DATASHEET, Layout
    from customs_data.edition.practice import practice_edition

    text = (Layout.find(practice_edition()).public / DATASHEET).read_text(encoding="utf-8")
    composition = text.split("## Composition\n", 1)[1].split("\n## Preprocessing", 1)[0]
    return composition.replace("\n## Columns\n", "").strip()


@click.command()
@click.argument("document", type=click.Path(path_type=Path))
@click.argument("datasheet", type=click.Path(path_type=Path))
def main(document: Path, datasheet: Path) -> None:
    """Write the command-line reference to DOCUMENT, practice facts into DATASHEET."""
    from customs_baselines.experiments.markdown_tables import put_table

    write_atomically(document, command_reference())
    put_table(datasheet, FACTS, practice_facts(), check=False)


if __name__ == "__main__":
    main()
