"""Artefacts come back as they went in, or not at all."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from segue.errors import StorageError
from segue.storage.artifacts import ArtifactFolder


@pytest.fixture
def folder(tmp_path: Path) -> ArtifactFolder:
    return ArtifactFolder(tmp_path).child("model")


@pytest.mark.parametrize("array", [np.arange(6.0).reshape(2, 3).T, np.array(["ü", "雨"]), np.zeros((0, 4), np.int32)])
def test_arrays(folder: ArtifactFolder, array: np.ndarray) -> None:
    folder.write("a", array)
    for mapped in (True, False):
        found = folder.read("a", mapped=mapped)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)
        assert found.flags.f_contiguous == array.flags.f_contiguous


def test_sparse_and_json(folder: ArtifactFolder) -> None:
    matrix = sparse.random_array((20, 30), density=0.1, format="csr", dtype=np.float32, rng=np.random.default_rng(1))
    folder.write_sparse("m", matrix)
    assert (folder.read_sparse("m") != matrix).nnz == 0
    folder.write_json("j", {"ü": [1, None]})
    assert folder.read_json("j") == {"ü": [1, None]}


def test_objects_are_refused(folder: ArtifactFolder) -> None:
    with pytest.raises(TypeError, match="Python objects"):
        folder.write("a", np.array([{}, None], dtype=object))
    with pytest.raises(ValueError, match="JSON compliant"):
        folder.write_json("j", float("nan"))
    assert list(folder.path.parent.rglob("*.*")) == []


@pytest.mark.parametrize("keep", [0, 5, 100, 150])
def test_a_truncated_file(folder: ArtifactFolder, keep: int) -> None:
    folder.write("a", np.arange(1000))
    folder.write_json("j", list(range(100)))
    for name in ("a.npy", "j.json"):
        file = folder.path / name
        file.write_bytes(file.read_bytes()[:keep])
    for mapped in (True, False):
        with pytest.raises(StorageError, match="Train again"):
            folder.read("a", mapped=mapped)
    with pytest.raises(StorageError, match="Train again"):
        folder.read_json("j")


def test_what_is_absent_or_no_array(folder: ArtifactFolder) -> None:
    with pytest.raises(StorageError, match=r"a\.npy"):
        folder.read("a")
    folder.path.mkdir(parents=True)
    np.savez(folder.path / "z", a=np.arange(3))
    (folder.path / "z.npz").rename(folder.path / "a.npy")
    with pytest.raises(StorageError, match="no array"):
        folder.read("a")


def test_a_write_that_fails_leaves_the_old_file(folder: ArtifactFolder) -> None:
    folder.write("a", np.arange(10))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(StorageError, match="cannot be written"):
            folder.write("a", np.arange(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    np.testing.assert_array_equal(folder.read("a"), np.arange(10))
    assert [file.name for file in folder.path.iterdir()] == ["a.npy"]
    assert list(folder.hashes()) == ["a.npy"]
