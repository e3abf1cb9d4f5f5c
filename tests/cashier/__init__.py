"""Tests of the cashier."""
