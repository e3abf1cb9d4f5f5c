"""Tables and the questions asked of them, one file per aggregate."""
