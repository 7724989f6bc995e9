"""Work on a Dask cluster: the same energies as here, also when a worker is killed; what is missing is a sentence."""

import os
import signal
import sys

import pytest
from ensemble_crystals import CUAU

from disgen.energies.treatment import Treatment
from disgen.ensembles.cluster import cluster
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.plan import Plan, draw
from disgen.ensembles.properties import compute

TOY = "ase.calculators.lj:LennardJones(sigma=2.5, epsilon=0.1, rc=7.0)"


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(tmp_path):
    distributed = pytest.importorskip("distributed")
    drawn = draw(CUAU, Plan((2, 2, 2), n=24))
    here = compute(drawn.cells, TOY, Treatment(), cache=tmp_path / "here")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
        cluster(local.scheduler_address) as executor,
    ):
        killed = []

        def kill(done):
            if done and not killed:
                killed.append(next(iter(local.workers.values())))
                os.kill(killed[0].pid, signal.SIGKILL)  # as a machine that goes down

        there = compute(drawn.cells, TOY, Treatment(), cache=tmp_path / "there", executor=executor, progress=kill)
    assert killed
    assert there.energy == pytest.approx(here.energy)


def test_what_is_missing_is_a_sentence(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("disgen.ensembles.cluster._SECONDS", 0.5)
    with (
        pytest.raises(EnsembleError, match=r"No Dask scheduler answers at tcp://127.0.0.1:9.*\.$"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EnsembleError, match="pip install distributed"), cluster("tcp://127.0.0.1:9"):
        pass
