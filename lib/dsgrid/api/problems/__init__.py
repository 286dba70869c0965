"""Errors as answers: problem details, their kinds, and what must not be in them."""
