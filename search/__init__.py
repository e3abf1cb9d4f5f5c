"""Documents, words and weights: a full-text index behind one port, which knows nothing of its callers."""
