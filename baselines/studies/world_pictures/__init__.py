"""Pictures of the world for the guide data/HOW_THE_WORLD_WORKS.md.

In reading order: ``scene`` (which worlds, with their hidden truth), ``ink`` (colours for light and
dark mode, panels), one module per picture (``network``, ``structure``, ``prices``, ``volumes``,
``drift``, ``late_scheme``, ``degrees``), and ``gallery``, which lists and saves them.

The pictures show hidden truth. All worlds are made from published seeds, so nothing leaks.
"""
