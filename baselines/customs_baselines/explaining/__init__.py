"""Which declared columns a model uses, and why it flags one declaration.

`explain` trains a model and explains it; `explanation` adds SHAP values up by declared column;
`figures` and `report` make figures and page, `explanation_tables` the Markdown; `model_accounts`
writes the account of a model that explains itself.
"""
