"""The catalogue of French words, and the tool that keeps it complete."""
