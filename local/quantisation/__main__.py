"""Builds 8-bit variants: `python -m local.quantisation [NAME…] [--into DIR]`. `python -m local.models` does it too."""
