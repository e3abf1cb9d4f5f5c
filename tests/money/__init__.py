"""Proofs that money cannot go wrong: random walks, kills between any two steps, notices in any order."""
