"""Cadran: three hours with the right person."""
