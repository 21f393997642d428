"""Studies: scripts that measure this project. They are not part of the wheel.

Run one with ``python -m studies.NAME --help`` (NAME: ``worlds``, ``worlds_table``,
``settings_search``, ``fidelity_study``, ``synthesizer_study``, ``validation_study``,
``world_guide``), or through the Makefile. ``graphfc_variants`` is run by a grid. A study may import
any package; no package imports a study.
"""
