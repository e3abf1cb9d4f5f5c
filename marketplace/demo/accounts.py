"""The demo accounts that everybody is shown."""

PASSWORD = "trois-heures-avec-vous"  # noqa: S105 - a demo's password is meant to be known
SHOWN_ACCOUNTS = (
    ("lead", "lea.fontaine@demo.cadran.test"),
    ("expert", "ines.carpentier@demo.cadran.test"),
    ("admin", "admin@demo.cadran.test"),
)
