"""Pictures of the world for the guide `data/HOW_THE_WORLD_WORKS.md`; ``python -m`` draws them.

In reading order: ``scene`` (which worlds are drawn, with their hidden truth), ``ink`` (colours of
light and dark, panels), one module a picture - ``network``, ``structure``, ``prices``,
``volumes``, ``drift``, ``late_scheme``, ``degrees`` - and ``gallery``, which lists and saves them.

The truth behind the declarations is drawn for published seeds only: anyone can make these worlds.
"""
