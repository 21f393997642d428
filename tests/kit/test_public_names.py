"""`customs_kit` from Python: names and their help, editions by name, what print says."""

from __future__ import annotations

import inspect
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import customs_baselines
import customs_data
import customs_kit
import customs_kit.sklearn
import customs_scorer
from customs_data.edition.importing import import_edition
from customs_data.edition.layout import Layout
from customs_data.errors import InvalidEditionError
from customs_data.tasks import find_task
from customs_kit.commands.options import EditionFolder

PACKAGES = [customs_kit, customs_kit.sklearn, customs_data, customs_scorer, customs_baselines]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_help_and_dir_list_every_name_with_one_line(package):
    listed = dict(re.findall(r"^ *(\w+)   *(\S.*)$", package.__doc__, re.MULTILINE))
    assert sorted(listed) == sorted(package.__all__)
    assert set(package.__all__) <= set(dir(package))
    assert not {"TYPE_CHECKING", "annotations", "lazy_names"} & set(dir(package))
    text = pydoc.plain(pydoc.render_doc(package))
    for name, line in listed.items():
        assert re.search(rf"{name} +{re.escape(line)}", text)
        assert inspect.getdoc(getattr(package, name))
    with pytest.raises(AttributeError, match="'nothing'"):
        package.nothing  # noqa: B018


def test_listing_the_names_imports_nothing_heavy():
    code = (
        "import sys, customs_kit, customs_data, customs_scorer, customs_baselines\n"
        "dir(customs_kit), customs_kit.__doc__\n"
        "print(sorted({'numpy', 'pandas', 'sklearn', 'torch', 'pyarrow'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_print_shows_sizes_and_published_labels_only(sample_edition, sample_path, monkeypatch):
    edition = sample_edition
    text = str(edition)
    assert text.startswith("sample: 1,013 train (all labelled, 14% fraud), 487 test (256 public,")
    assert text.count("\n") == 1
    assert max(map(len, text.splitlines())) <= 100
    # The hidden labels of the test periods: neither their rate nor anything else of them.
    assert "fraud" not in text.replace("14% fraud", "")
    for short in (edition.manifest, edition.split, edition.task):
        assert 20 < len(repr(short)) < 200
    assert repr(find_task()) == f"fraud: {find_task().question}"
    half = edition.split.with_labels(edition.y == 1)
    assert repr(half).startswith(f"1,013 train ({(edition.y == 1).sum()} labelled, 100% fraud)")
    assert repr(half.with_labels(edition.y > 5)) == "1,013 train (0 labelled), 487 test"


def test_practice_is_made_in_the_cache_unless_an_edition_has_its_name(
    sample, sample_path, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    in_cache = tmp_path / "cached"
    monkeypatch.setattr(
        "customs_data.edition.by_name.practice_edition", lambda task="fraud": in_cache
    )
    import_edition(sample, in_cache)
    load_edition = customs_kit.load_edition
    Path("practice").mkdir()  # no edition: the name means the practice edition
    # With its hidden labels, which the command line scores with.
    assert load_edition("practice").layout == Layout.of(in_cache)
    with pytest.raises(InvalidEditionError, match=r"practice is no edition.*load_edition\(\"pra"):
        load_edition(Path("practice"))
    monkeypatch.setattr(
        "customs_data.edition.practice.practice_edition", lambda task="fraud": in_cache
    )
    folder = EditionFolder(path_type=Path)
    assert folder.convert("practice", None, None) == in_cache
    assert folder.convert("practise", None, None) == Path("practise")
    import_edition(sample, Path("practice"))
    assert folder.convert("practice", None, None) == Path("practice")
    assert load_edition("practice").layout == Layout.of("practice")
    with pytest.raises(InvalidEditionError, match="`customs-kit data generate` or `data import`"):
        load_edition("practise")
