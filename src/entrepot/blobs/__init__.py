"""Blob bytes: the seam (`store`) and the stores behind it."""
