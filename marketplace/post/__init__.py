"""Letters: what Cadran writes to people, and how it is sent."""
