"""Many computers: an ensemble's energies by the workers of a Dask scheduler.

A worker that is killed loses only what it was at: the scheduler gives that to another one, and what is finished lies in
the cache. On a SLURM machine `dask_jobqueue.SLURMCluster` starts the workers; its address is what is given here.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from disgen.ensembles.errors import EnsembleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

_SECONDS = 20.0  # to wait for a scheduler


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a scheduler, which need this program installed.

    Args:
        address: of the scheduler, such as "tcp://10.0.0.1:8786".

    Raises:
        EnsembleError: if Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client  # noqa: PLC0415 (optional)
    except ImportError as error:
        msg = "Work on a cluster needs Dask: pip install distributed."
        raise EnsembleError(msg) from error
    try:
        client = Client(address, timeout=_SECONDS)
    except (OSError, ValueError) as error:
        msg = (
            f"No Dask scheduler answers at {address}: start one with `dask scheduler`, and workers with `dask worker`."
        )
        raise EnsembleError(msg) from error
    with client:
        yield client.get_executor()
