"""Reads: frozen pages made of rows, in a fixed number of queries."""
