"""Specs of queries as the form has them: from TOML to the form's values, and back."""
