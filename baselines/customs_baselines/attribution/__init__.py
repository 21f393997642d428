"""Explanations of a fitted model in the child process: SHAP values, split counts, accounts."""
