"""Side-by-side measurements against named others; `docs/benchmarks.md` says how and why so."""
