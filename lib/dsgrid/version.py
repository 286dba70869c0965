"""The version of dsgrid: of the package, and of the code inside a bundle, which has no metadata."""

__version__ = "0.1.0"
