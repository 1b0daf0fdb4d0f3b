"""Plans judged and found by code that shares nothing with the product."""
