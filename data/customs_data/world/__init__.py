"""The world: a seeded simulator of importers, brokers and the people who cheat.

Public names: ``customs_data.world.simulate`` (``simulate``, ``World``) and
``customs_data.world.configuration`` (``Configuration``, ``load_configuration``). Reading order:
``configuration`` (every number), ``drawing/`` (why a world is the same on every machine),
``calendar/`` (when), ``market`` and ``agents/`` (who trades what), ``effects`` (what the secret
decides), ``honest_trade`` (honest declarations), ``schemes``, ``mixes`` and ``cheating`` (who
cheats, and what the inspection records), ``paperwork`` (the columns of a file), ``setup``,
``posterior/`` (what a form says about fraud), ``simulation`` (months and pieces), ``simulate`` and
``tables``.
"""
