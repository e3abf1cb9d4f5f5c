"""The demo: its people, its texts, its past, and the story that plays them in."""
