"""The API, over HTTP, with tokens of the cast."""
