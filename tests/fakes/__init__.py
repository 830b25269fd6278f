"""In-memory stand-ins for the adapters. They pass the same contract tests (tests/contract)."""
