"""The world: a seeded simulator of importers, brokers and the people who cheat.

Public names: ``customs_data.world.simulate`` (``simulate``, ``World``) and
``customs_data.world.configuration`` (``Configuration``, ``load_configuration``). In reading order:
``configuration`` (every number), ``streams`` and ``arithmetic`` (why a world is the same on every
machine), ``market`` and ``brokers`` and ``traders`` and ``clusters`` (who is there), ``effects``
(what the secret decides), ``composition`` (honest paperwork), ``schemes`` and ``labels`` (who
cheats and who is caught), ``form`` and ``identifiers`` (what is written down), ``stage`` and
``simulate``.
"""
