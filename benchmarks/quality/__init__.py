"""Quality against known truth: pictures whose alpha and foreground are exact by construction, and the field's metrics."""
