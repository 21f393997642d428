"""The adversary: what a team that has read the simulator's code gets out of an edition."""
