"""The clinic, its calendar and its rules: the domain, which knows neither HTTP nor the solver."""
