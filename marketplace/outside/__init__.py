"""What others publish and we read: experts' other calendars. Nothing in here is trusted."""
