"""`transfer_known`: what the simulator's code gives away together with known memberships."""

from __future__ import annotations

from customs_baselines.models.networks.transfer import SimulatorTransfer


class SimulatorTransferWithKnown(SimulatorTransfer):
    """The classifier of `transfer`; groups begin with the known members of each network."""

    uses_known = True


ESTIMATOR = SimulatorTransferWithKnown
RECIPE = None
SUMMARY = "The same classifier of other worlds; groups begin with this world's known members."
SIMULATOR = True
YARDSTICK = True
