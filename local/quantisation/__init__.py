"""8-bit variants of the networks, for processors that multiply bytes faster: made here, at set-up, from verified weights."""
