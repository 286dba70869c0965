"""Answers that were given before, found by the fingerprint of everything that they depend on."""
