"""Measurements, not tests: they print ratios to a baseline measured in the same run, and never fail for being slow.

    uv run pytest tests/benchmarks/bench_*.py -n 0 -s -q

pytest does not collect `bench_*.py` by itself.
"""
