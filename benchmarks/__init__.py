"""Measures training and pipeline against what people would write, and against stated goals.

`python -m benchmarks run` writes `docs/performance.md` and `docs/benchmarks.md`; `accuracy` adds
what a network learns in a core-minute; `quick` prints one ratio. Nothing in `src/` imports this
package.
"""
