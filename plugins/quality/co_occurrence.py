"""Communities of words that stand together in texts: Ego-Splitting (Epasto, Lattanzi and Paes Leme 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.quality.words import split_words

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["communities", "linked_words", "personas"]

_Ints = npt.NDArray[np.int64]


def linked_words(texts: pl.Series, leave_out: Collection[str], at_least: int) -> tuple[Any, pl.Series]:
    """Words by the number of texts that have both.

    Args:
        texts: Each counts once.
        leave_out: Words that don't count, in lower case.
        at_least: Pairs in fewer texts don't count.

    Returns:
        A symmetric sparse matrix without diagonal (`scipy.sparse.csr_array`), and the words of its rows, sorted.
    """
    from scipy.sparse import csr_array

    words = split_words(texts)
    # in the order of the words, not of the texts, so that the order of the records changes nothing
    order = words.vocabulary.arg_sort().to_numpy()
    known = words.vocabulary.gather(order)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    wanted = ((known.str.len_chars() > 1) & ~known.is_in(sorted(leave_out)) & known.str.contains(r"\p{L}")).to_numpy()
    places = rank[words.codes]
    owners, places = words.owners[wanted[places]], places[wanted[places]]
    there = csr_array((np.ones(len(places), np.int32), (owners, places)), shape=(len(texts), len(known)))
    there.sum_duplicates()
    there.data[:] = 1
    together = (there.T @ there).tocsr()
    together.setdiag(0)
    together.data[together.data < at_least] = 0
    together.eliminate_zeros()
    linked = np.flatnonzero(np.diff(together.indptr))
    together = together[linked][:, linked].tocsr()
    together.sort_indices()
    return together, known.gather(linked)


def personas(graph: Any) -> tuple[_Ints, _Ints, _Ints]:
    """Split each word by its company: one persona for each connected group among its neighbours (without itself).

    Args:
        graph: Of `linked_words`.

    Returns:
        For each entry of the matrix, in its order, the persona of the row's word and that of the column's; and the word of each
        persona.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    size = graph.shape[0]
    own = np.zeros(graph.nnz, np.int64)
    words: list[_Ints] = [np.zeros(0, np.int64)]
    count = 0
    for word in range(size):
        first, last = graph.indptr[word], graph.indptr[word + 1]
        neighbours = graph.indices[first:last]
        parts, labels = connected_components(graph[neighbours][:, neighbours], directed=False)
        own[first:last] = labels + count
        words.append(np.full(parts, word))
        count += parts
    entries = csr_array((np.arange(graph.nnz), graph.indices, graph.indptr), shape=graph.shape)
    back = entries.T.tocsr()
    back.sort_indices()
    return own, own[back.data], np.concatenate(words)


def communities(graph: Any, seed: int) -> list[_Ints]:
    """The different words of each community of personas, by Louvain's method (Blondel et al. 2008), weighted by the texts.

    In one thread, whatever networkit is set to: with more the communities differ from run to run.
    """
    import networkit

    own, other, words = personas(graph)
    if not len(words):
        return []
    once = own < other
    threads = networkit.getMaxNumberOfThreads()
    try:
        networkit.setNumberOfThreads(1)
        networkit.setSeed(seed, False)
        weights = (graph.data[once].astype(np.float64), (own[once], other[once]))
        split = networkit.GraphFromCoo(weights, n=len(words), weighted=True, directed=False)
        method = networkit.community.PLM(split, True)
        method.run()
        labels = np.array(method.getPartition().getVector())
    finally:
        networkit.setNumberOfThreads(threads)
    order = np.argsort(labels, kind="stable")
    groups = np.split(words[order], np.flatnonzero(np.diff(labels[order])) + 1)
    return [np.unique(group) for group in groups]
