"""The fidelity report as one page, and its figures."""
