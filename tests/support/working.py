"""What workers do in tests; a module of its own, so that a spawned process finds it."""

import os


def times(model: int, batch: int) -> int:
    return model * batch


def process_of(_model: int, _batch: int) -> int:
    return os.getpid()


def end(_model: int, batch: int) -> int:
    os._exit(batch)


def fail(_model: int, batch: int) -> int:
    raise ValueError(f"batch {batch}")
