"""The tree is the one of RFC 9162, its proofs hold for two independent verifiers, and no other ones do."""

from __future__ import annotations

from hashlib import sha256

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.proof import checking, tree
from compliance.proof.hashing import EMPTY_ROOT, HASH, leaf_hash, node_hash
from compliance.proof.tree import Edge, Tile, grown
from tests.compliance.proof import reference

#: The published vectors: inputs of leaves, and the root by size.
LEAVES = [
    bytes.fromhex(each) for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")
] + [bytes.fromhex("606162636465666768696a6b6c6d6e6f")]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


class Grown:
    """A tree grown in steps, with its tiles."""

    def __init__(self, *sizes: int) -> None:
        self.edge = Edge()
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.leaves: list[bytes] = []
        for size in sizes:
            self.grow(size)

    def grow(self, count: int) -> None:
        """Add so many leaves in one go."""
        more = [leaf_hash(b"%d" % number) for number in range(len(self.leaves), len(self.leaves) + count)]
        self.leaves += more
        self.edge, tiles = grown(self.edge, more)
        for each in tiles:
            assert each.hashes.startswith(self.tiles.get((each.level, each.number), b""))
            self.tiles[each.level, each.number] = each.hashes

    def nodes(self, height: int, number: int) -> bytes:
        """Look up a subtree in the tiles."""
        level, inner = divmod(height, tree.TILE_HEIGHT)
        first = number << inner
        hashes = self.tiles[level, first // tree.TILE_WIDTH]
        at = first % tree.TILE_WIDTH * HASH
        found = hashes[at : at + (HASH << inner)]
        assert len(found) == HASH << inner
        return tree.subtree_root(found)


def _plain(leaves: list[bytes]) -> bytes:
    """The root as the definition says it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(_plain(leaves[:middle]), _plain(leaves[middle:]))


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_that_were_published(size: int) -> None:
    edge, _ = grown(Edge(), [leaf_hash(each) for each in LEAVES[:size]])
    assert edge.root.hex() == ROOTS[size]


def test_leaves_and_nodes_are_hashed_as_published() -> None:
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert (
        node_hash(b"N123", b"N456").hex()
        == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )
    assert Edge().root == EMPTY_ROOT


@given(st.lists(st.integers(0, 700), max_size=5))
def test_a_tree_grown_in_any_steps_is_the_tree_of_the_definition(steps: list[int]) -> None:
    made = Grown(*steps)
    assert made.edge.root == _plain(made.leaves)
    assert tree.root_at(made.edge.size, made.nodes) == made.edge.root
    if made.leaves:
        part = len(made.leaves) // 2
        assert tree.root_at(part, made.nodes) == _plain(made.leaves[:part])


def test_tiles_are_where_the_layout_has_them() -> None:
    made = Grown(70_000)
    widths = {name: len(hashes) // HASH for name, hashes in made.tiles.items()}
    assert sum(width == 256 for (level, _), width in widths.items() if level == 0) == 273
    assert (widths[0, 273], widths[1, 0], widths[1, 1], widths[2, 0]) == (112, 256, 17, 1)
    assert Tile(0, 273, made.tiles[0, 273]).width == 112
    assert made.edge.root == tree.root_at(70_000, made.nodes)
    path = tree.inclusion_path(69_999, 70_000, made.nodes)
    assert reference.includes(69_999, 70_000, made.leaves[69_999], path, made.edge.root)


def test_every_proof_of_small_trees_holds_for_both_verifiers() -> None:
    made = Grown(66)
    roots = [tree.root_at(size, made.nodes) for size in range(67)]
    for new in range(1, 67):
        for old in range(1, new + 1):
            path = tree.consistency_path(old, new, made.nodes)
            assert checking.consistent(old, new, path, roots[old], roots[new])
            assert reference.consistent(old, new, path, roots[old], roots[new])
            path = tree.inclusion_path(old - 1, new, made.nodes)
            assert checking.includes(old - 1, new, made.leaves[old - 1], path, roots[new])
            assert reference.includes(old - 1, new, made.leaves[old - 1], path, roots[new])


def test_a_kept_library_makes_the_same_tree_and_the_same_proofs() -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    made = Grown()
    for number in range(300):
        other.append_entry(b"%d" % number)
    made.grow(300)
    for size in (1, 2, 3, 255, 256, 257, 300):
        assert other.get_root(size) == tree.root_at(size, made.nodes)
    for index, size in ((0, 1), (4, 7), (255, 256), (256, 257), (12, 300), (299, 300)):
        ours = tree.inclusion_path(index, size, made.nodes)
        theirs = other.prove_inclusion(index + 1, size)
        theirs.path = [made.leaves[index], *ours]
        pymerkle.verify_inclusion(made.leaves[index], tree.root_at(size, made.nodes), theirs)
        assert checking.includes(index, size, made.leaves[index], ours, other.get_root(size))
    for old, new in ((1, 2), (3, 7), (128, 300), (255, 257), (256, 300)):
        path = tree.consistency_path(old, new, made.nodes)
        theirs = other.prove_consistency(old, new)
        pymerkle.verify_consistency(
            tree.root_at(old, made.nodes), tree.root_at(new, made.nodes), theirs, old, new
        )
        assert checking.consistent(old, new, path, other.get_root(old), other.get_root(new))
        assert reference.consistent(old, new, path, other.get_root(old), other.get_root(new))


_SIZES = st.integers(2, 600)


@given(_SIZES, st.data())
def test_no_other_proof_of_inclusion_holds(size: int, data: st.DataObject) -> None:
    made = Grown(size)
    index = data.draw(st.integers(0, size - 1))
    leaf, root = made.leaves[index], made.edge.root
    path = tree.inclusion_path(index, size, made.nodes)
    broken = _broken(data, path)
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index))
    for verifier in (checking, reference):
        assert verifier.includes(index, size, leaf, path, root)
        assert not verifier.includes(index, size, leaf, broken, root)
        assert not verifier.includes(other, size, leaf, path, root)
        assert not verifier.includes(index + size, size, leaf, path, root)
        assert not verifier.includes(-1, size, leaf, path, root)
        assert not verifier.includes(index, size, node_hash(leaf, leaf), path, root)
        assert not verifier.includes(index, size, leaf, path, node_hash(root, root))
        assert not verifier.includes(index, size, leaf[:-1], path, root)
        assert not verifier.includes(index, 0, leaf, path, root)


@given(_SIZES, st.data())
def test_no_other_proof_of_consistency_holds(new: int, data: st.DataObject) -> None:
    made = Grown(new)
    old = data.draw(st.integers(1, new - 1))
    of_old, of_new = tree.root_at(old, made.nodes), made.edge.root
    path = tree.consistency_path(old, new, made.nodes)
    broken = _broken(data, path)
    for verifier in (checking, reference):
        assert verifier.consistent(old, new, path, of_old, of_new)
        assert not verifier.consistent(old, new, broken, of_old, of_new)
        assert not verifier.consistent(old, new, path, node_hash(of_old, of_old), of_new)
        assert not verifier.consistent(old, new, path, of_old, node_hash(of_new, of_new))
        assert not verifier.consistent(old, new, path, of_new, of_old)
        assert not verifier.consistent(0, new, path, of_old, of_new)
        assert not verifier.consistent(new, old, path, of_new, of_old)
        assert not verifier.consistent(old, new, [], of_old, of_new)
        assert not verifier.consistent(new, new, [of_new], of_new, of_new)
        assert verifier.consistent(new, new, [], of_new, of_new)


def _broken(data: st.DataObject, path: list[bytes]) -> list[bytes]:
    """Return a path with one hash more, one fewer, changed, doubled or two exchanged."""
    at = data.draw(st.integers(0, len(path) - 1))
    flipped = bytes([path[at][0] ^ 1]) + path[at][1:]
    ways = [
        [*path, path[at]],
        path[:at] + path[at + 1 :],
        [*path[:at], flipped, *path[at + 1 :]],
        [*path[:at], path[at][:-1], *path[at + 1 :]],
        [path[at], *path],
    ]
    if len(path) > 1:
        ways.append([path[1], path[0], *path[2:]])
    return data.draw(st.sampled_from(ways))


def test_there_is_no_proof_of_what_is_not_there() -> None:
    made = Grown(5)
    for index, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(ValueError, match="is not in"):
            tree.inclusion_path(index, size, made.nodes)
    for old, new in ((0, 5), (5, 4)):
        with pytest.raises(ValueError, match="no proof"):
            tree.consistency_path(old, new, made.nodes)
    assert tree.consistency_path(5, 5, made.nodes) == []
