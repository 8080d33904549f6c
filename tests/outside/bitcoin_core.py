#!/usr/bin/env python3
"""Bitcoin Core's own engine judges the bundled proof-of-work chain.

    bitcoin_core.py FILE    what `regtest_dump` wrote: blocks, a line of hexadecimal digits each

1. Every block is processed in the order in which it became known, scripts, amounts and witnesses
   included, the losing branch of a reorganisation too; the engine must end on the chain's tip.
2. A fresh engine gets the same blocks up to the largest of the second half, and then that one with
   a bit changed, wherever it is in the root of the transactions or in the transactions: none of
   them may become the tip. Other bits of a header are free on this network, where every second hash
   is work enough.
"""

import hashlib
import pathlib
import random
import sys
import tempfile

import pbk

# Bits that are changed, one at a time.
CHANGED_BITS = 200
# Where the root of the transactions and the transactions are in a block.
ROOT = range(36, 68)
HEADER_LEN = 80


def engine(directory):
    return pbk.load_chainman(pathlib.Path(directory), pbk.ChainType.REGTEST)


def tip(chainman):
    chain = chainman.get_active_chain()
    return chain.height, str(chain.block_tree_entries[-1].block_hash)


def accepts(chainman, raw):
    try:
        return chainman.process_block(pbk.Block(raw))
    except Exception:  # Undecodable, or refused: the wheel has a type for each.
        return False


def main():
    lines = pathlib.Path(sys.argv[1]).read_text().split()
    blocks = [bytes.fromhex(line) for line in lines]
    with tempfile.TemporaryDirectory() as directory:
        chainman = engine(directory)
        for number, raw in enumerate(blocks):
            assert accepts(chainman, raw), f"block {number} is refused"
        header = blocks[-1][:HEADER_LEN]
        last = hashlib.sha256(hashlib.sha256(header).digest()).digest()[::-1].hex()
        height, reached = tip(chainman)
        assert reached == last, f"the engine ended on {reached}"
        print(f"{len(blocks)} blocks accepted, tip {reached} at height {height}")
        del chainman
    middle = max(range(len(blocks) // 2, len(blocks)), key=lambda number: len(blocks[number]))
    generator = random.Random(1)
    with tempfile.TemporaryDirectory() as directory:
        chainman = engine(directory)
        for raw in blocks[:middle]:
            assert accepts(chainman, raw)
        before = tip(chainman)
        for _ in range(CHANGED_BITS):
            raw = bytearray(blocks[middle])
            places = [*ROOT, *range(HEADER_LEN, len(raw))]
            bit = 8 * generator.choice(places) + generator.randrange(8)
            raw[bit // 8] ^= 1 << bit % 8
            accepts(chainman, bytes(raw))
            assert tip(chainman) == before, f"bit {bit} of block {middle} is taken"
        assert accepts(chainman, blocks[middle])
        assert tip(chainman) != before
        print(f"{CHANGED_BITS} spoiled forms of block {middle} are not followed, itself is")
        del chainman


if __name__ == "__main__":
    main()
