"""The cashier: calls Stripe for the use cases, and reduces what Stripe says to moves, postings and events.

Below the services, because booking, paying out and the clock all need the same one way of moving money.
"""
