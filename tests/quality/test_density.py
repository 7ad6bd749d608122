"""Clusters by density: the same as the definition says, however they are calculated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from vlit_hub.quality.vectors import distinct, mean_distance, vendi_score

torch = pytest.importorskip("torch")

Floats = npt.NDArray[np.float32]


def unit(vectors: npt.NDArray[np.floating]) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / lengths, dtype=np.float32)


def planted(seed: int, clusters: int, each: int, alone: int, size: int = 48, spread: float = 0.03) -> Floats:
    draw = np.random.default_rng(seed)
    centres = unit(draw.normal(size=(clusters, size)))
    near = centres.repeat(each, axis=0) + spread * draw.normal(size=(clusters * each, size))
    return draw.permutation(unit(np.concatenate([near, draw.normal(size=(alone, size))])))


def by_definition(vectors: Floats, distance: float, least: int) -> list[int]:
    """A cluster grows from a core through all cores that are reached; then each other vector goes to its nearest core."""
    cosine = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    near = cosine >= 1 - distance
    core = near.sum(axis=1) >= least
    labels = np.full(len(vectors), -1)
    name = 0
    for start in range(len(vectors)):
        if core[start] and labels[start] < 0:
            reached = [start]
            labels[start] = name
            while reached:
                for other in np.flatnonzero(near[reached.pop()] & core):
                    if labels[other] < 0:
                        labels[other] = name
                        reached.append(int(other))
            name += 1
    for place in np.flatnonzero(~core):
        if (near[place] & core).any():
            labels[place] = labels[np.argmax(np.where(near[place] & core, cosine[place], -2))]
    return [int(label) for label in labels]


@pytest.mark.parametrize("few", [0, 1 / 32, 1])  # all blocks looked at as a whole, some, none
@pytest.mark.parametrize(("block", "kept", "bfloat16"), [(64, 0, True), (64, 5000, False), (2048, 1 << 24, False)])
def test_labels_are_those_of_the_definition(
    monkeypatch: pytest.MonkeyPatch, few: float, block: int, kept: int, bfloat16: bool
) -> None:
    from vlit_hub.quality import density

    for name, value in (("_BLOCK", block), ("_KEPT", kept), ("_FEW", few)):
        monkeypatch.setattr(density, name, value)
    vectors = planted(1, 12, 15, 80, size=6, spread=0.15)
    distances = (0.02, 0.05, 0.1, 0.3)
    found = density.dbscan(vectors, distances, 5, bfloat16=bfloat16).labels
    counts = []
    for distance, labels in zip(distances, found, strict=True):
        assert labels.tolist() == by_definition(vectors, distance, 5)
        counts.append((labels.max() + 1, (labels < 0).sum()))
    assert len({clusters for clusters, _ in counts}) > 2 and counts[0][1] > 40 and counts[1][1] > 0


def test_planted_clusters_are_counted_and_strays_left_out() -> None:
    from vlit_hub.quality.density import dbscan

    [labels] = dbscan(planted(0, 37, 10, 200), [0.2], 5).labels
    assert labels.max() + 1 == 37 and (labels < 0).sum() == 200


def test_beyond_the_limit_neighbouring_cells_find_planted_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    from vlit_hub.quality import cells, density

    monkeypatch.setattr(density, "_BLOCK", 64)
    monkeypatch.setattr(cells, "_PROBED", 6)
    vectors = planted(3, 300, 12, 2000)
    exact = density.dbscan(vectors, [0.1, 0.3], 5)
    near = density.dbscan(vectors, [0.1, 0.3], 5, exact_up_to=5000)
    assert exact.compared == 1 and near.compared < 0.5
    for one, other in zip(exact.labels, near.labels, strict=True):
        assert one.max() + 1 == 300
        same = {(a, b) for a, b in zip(one.tolist(), other.tolist(), strict=True) if a >= 0}
        assert 300 <= other.max() + 1 <= 303 and len(same) <= 306  # a cluster or two are cut by the cells
        assert abs(int((one < 0).sum()) - int((other < 0).sum())) < 20


def test_a_vector_that_is_there_often_counts_as_often() -> None:
    from vlit_hub.quality.density import dbscan

    vectors = unit(np.eye(3))
    [labels] = dbscan(vectors, [0.1], 5, np.array([4, 5, 9])).labels
    assert labels.tolist() == [-1, 0, 1]
    repeated = planted(4, 5, 4, 20, size=6, spread=0.1).repeat(3, axis=0)
    once = distinct(repeated)
    [whole] = dbscan(repeated, [0.05], 6).labels
    [counted] = dbscan(once.vectors, [0.05], 6, once.counts).labels
    assert whole.max() == counted.max() and (whole < 0).sum() == 3 * (counted < 0).sum()


def test_order_changes_no_count() -> None:
    from vlit_hub.quality.density import dbscan

    vectors = planted(5, 20, 12, 50, size=6, spread=0.12)
    mixed = np.random.default_rng(1).permutation(len(vectors))
    one, other = (dbscan(some, [0.05, 0.2], 5).labels for some in (vectors, vectors[mixed]))
    for before, after in zip(one, other, strict=True):
        assert before.max() == after.max()
        assert np.array_equal(before[mixed] < 0, after < 0)
        assert len(set(zip(before[mixed].tolist(), after.tolist(), strict=True))) == len(set(before.tolist()))


def test_bfloat16_leaves_out_no_pair_that_is_near() -> None:
    """The margin holds where products are furthest off: all parts of equal size."""
    from vlit_hub.quality.density import _MARGIN

    draw = np.random.default_rng(0)
    vectors = torch.from_numpy(unit(np.sign(draw.normal(size=(500, 384))) * (1 + 2**-8)))
    mixed = torch.from_numpy(unit(draw.normal(size=(500, 384)) ** 3))
    for some in (vectors, mixed):
        coarse = (some.bfloat16() @ some.bfloat16().T).float()
        assert (coarse - some @ some.T).abs().max() < _MARGIN / 2


def test_no_vectors_have_no_clusters() -> None:
    from vlit_hub.quality.density import dbscan

    [labels] = dbscan(np.zeros((0, 8), np.float32), [0.1], 5).labels
    assert labels.tolist() == []
    nothing = distinct(np.zeros((0, 8), np.float32))
    assert vendi_score(nothing) is None and mean_distance(nothing) is None


def test_vendi_score_and_mean_distance() -> None:
    axes = unit(np.eye(8))
    assert vendi_score(distinct(axes)) == pytest.approx(8)
    assert vendi_score(distinct(axes[:1].repeat(5, axis=0))) == pytest.approx(1)
    assert mean_distance(distinct(axes)) == pytest.approx(1)
    vectors = unit(np.random.default_rng(0).normal(size=(40, 8)))
    twice = np.concatenate([vectors, vectors[:10]])
    kernel = twice.astype(np.float64) @ twice.T / len(twice)
    shares = np.linalg.eigvalsh(kernel)
    shares = shares[shares > 1e-9]
    assert vendi_score(distinct(twice)) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-5)
    pairs = [1 - float(twice[a] @ twice[b]) for a in range(50) for b in range(50) if a != b]
    assert mean_distance(distinct(twice)) == pytest.approx(np.mean(pairs), abs=1e-5)
