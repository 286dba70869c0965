"""Registries of dsgrid-toolkit: what their database says, as configurations that the translators take.

Nothing of the other registry is ever changed: its database is copied before it is opened.
"""
