"""A question in, an outcome out: the constraint model. No database, no HTTP."""
