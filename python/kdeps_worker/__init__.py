"""The Python half of a kdeps worker process.

`zygote` forks workers, `loop` serves the calls of one worker, `script` compiles, `api` is what a
script sees, `values` and `codec` carry values. docs/reference/python.md describes the behaviour.
"""
