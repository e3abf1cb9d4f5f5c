"""Whether our requests are ones that Stripe would take, and the sandbox's answers ones that Stripe would give."""
