"""Publishing on Hugging Face: an edition as a dataset, results of baselines as a model card."""
