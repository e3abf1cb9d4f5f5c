"""Writes: one public function is one thing that a person or the clock does."""
