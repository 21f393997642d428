from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def traders(sample) -> pd.DataFrame:
    """Declarations of 500 importers with three each."""
    frame = pd.concat(sample.values(), ignore_index=True)
    return frame.assign(**{"Importer ID": [f"IMP{i % 500}" for i in range(len(frame))]})
