"""Study: graphfc with another convolution, a second task or pre-training.

None of them won, so `customs_baselines.graphfc` contains none of them. `make variants` runs the
grid `graphfc_variants.toml`, whose models are the classes of `graphfc_variants.py`.
"""
