"""Figures of the world for the guide data/HOW_THE_WORLD_WORKS.md.

In reading order: ``scene`` (which worlds, with their hidden truth), ``style`` (colours for light
and dark mode, panels), one module per figure (``network``, ``structure``, ``prices``, ``volumes``,
``drift``, ``late_scheme``, ``degrees``), and ``figures``, which lists and saves them.

The figures show hidden truth. All worlds are made from published seeds, so nothing leaks.
"""
