"""Payment providers: one Protocol, a simulated one as default, and Stripe."""
