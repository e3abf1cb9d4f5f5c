"""Checkouts, holds, transfers, refunds, accounts and notices; nothing of bookings."""
