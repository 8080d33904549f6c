#!/usr/bin/env python3
"""The executable consensus specification judges the bundled proof-of-stake chain.

    ethereum_spec.py DIRECTORY      what `beacon_dump` wrote
    ethereum_spec.py http://HOST    the Beacon API of a running chain
    ethereum_spec.py … --blocks     the first part only: after a loss of finality that costs a
                                    period its update no light client can follow

1. Every block is applied to the genesis state by the specification's own state transition,
   signatures included; the states must have the roots that the blocks claim.
2. A light client of the specification starts from the first bootstrap and takes every update; it
   must get from one sync committee period to the next, at least twice.
3. The same bootstrap and updates with one bit changed must be refused, wherever the bit is.
"""

import json
import pathlib
import random
import sys
import urllib.error
import urllib.request

from eth_consensus_specs.fulu import minimal as spec
from eth_consensus_specs.utils.ssz.ssz_impl import (
    hash_tree_root,
    ssz_deserialize,
    ssz_serialize,
)

# Bits that are changed in each object. All of them would take hours.
CHANGED_BITS = 60

# A period of the minimal preset.
PERIOD = spec.SLOTS_PER_EPOCH * spec.EPOCHS_PER_SYNC_COMMITTEE_PERIOD


class Dump:
    """Files written by the example `beacon_dump`."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def read(self, name):
        path = self.directory / name
        return path.read_bytes() if path.exists() else None

    def spec(self):
        return json.loads(self.read("spec.json"))["data"]

    def genesis_state(self):
        return self.read("genesis_state.ssz")

    def head_slot(self):
        return max(int(path.stem.split("_")[1]) for path in self.directory.glob("block_*.ssz"))

    def block(self, slot):
        return self.read(f"block_{slot:05}.ssz")

    def bootstrap(self, slot, _root):
        return self.read(f"bootstrap_{slot:05}.ssz")

    def updates(self):
        return [path.read_bytes() for path in sorted(self.directory.glob("update_*.ssz"))]


class Api:
    """A running chain's Beacon API."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def get(self, path, accept="application/octet-stream"):
        request = urllib.request.Request(self.url + path, headers={"Accept": accept})
        try:
            with urllib.request.urlopen(request) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def json(self, path):
        return json.loads(self.get(path, "application/json"))["data"]

    def spec(self):
        return self.json("/eth/v1/config/spec")

    def genesis_state(self):
        return self.get("/eth/v2/debug/beacon/states/genesis")

    def head_slot(self):
        return int(self.json("/eth/v1/node/syncing")["head_slot"])

    def block(self, slot):
        return self.get(f"/eth/v2/beacon/blocks/{slot}")

    def bootstrap(self, _slot, root):
        return self.get(f"/eth/v1/beacon/light_client/bootstrap/0x{root.hex()}")

    def updates(self):
        chunks = self.get("/eth/v1/beacon/light_client/updates?start_period=0&count=128")
        updates = []
        while chunks:
            end = 8 + int.from_bytes(chunks[:8], "little")
            epoch = spec.Epoch(0)
            digest = spec.compute_fork_digest(genesis_validators_root(self), epoch)
            assert chunks[8:12] == bytes(digest), "fork digest"
            updates.append(chunks[12:end])
            chunks = chunks[end:]
        return updates


def genesis_validators_root(source):
    return ssz_deserialize(spec.BeaconState, source.genesis_state()).genesis_validators_root


def configure(values):
    """Takes over every constant that the specification's configuration has."""
    changes = {}
    for name, current in spec.config._asdict().items():
        value = values.get(name)
        if not isinstance(value, str) or name == "PRESET_BASE":
            continue
        is_number = isinstance(current, int)
        changes[name] = type(current)(int(value) if is_number else value)
    spec.config = spec.config._replace(**changes)


def apply_blocks(source):
    """Part 1. Gives the roots of blocks by slot."""
    state = ssz_deserialize(spec.BeaconState, source.genesis_state())
    roots = {}
    for slot in range(1, source.head_slot() + 1):
        encoded = source.block(slot)
        if encoded is None:
            continue
        block = ssz_deserialize(spec.SignedBeaconBlock, encoded)
        assert bytes(ssz_serialize(block)) == encoded, "the encoding is canonical"
        spec.state_transition(state, block, validate_result=True)
        roots[slot] = bytes(hash_tree_root(block.message))
    finalized = int(state.finalized_checkpoint.epoch)
    print(f"{len(roots)} blocks applied; epoch {finalized} is final")
    assert finalized > 0, "nothing is final"
    return roots


def start_store(encoded, root):
    bootstrap = ssz_deserialize(spec.LightClientBootstrap, encoded)
    assert bytes(ssz_serialize(bootstrap)) == encoded
    return spec.initialize_light_client_store(spec.Root(root), bootstrap)


def take_update(store, encoded, now, root):
    update = ssz_deserialize(spec.LightClientUpdate, encoded)
    assert bytes(ssz_serialize(update)) == encoded
    spec.process_light_client_update(store, update, spec.Slot(now), root)


def is_refused(judge):
    try:
        judge()
    except Exception:  # Any error is a refusal, of the decoder or of a rule.
        return True
    return False


def changed(encoded, count, chance):
    """Copies with one bit changed. The last eight bytes of an update's fixed part, its signature
    slot, are left alone: nobody signs them, and a later slot of the same period is as good."""
    offset = int.from_bytes(encoded[:4], "little")
    for _ in range(count):
        position = chance.randrange(len(encoded))
        if offset - 8 <= position < offset:
            continue
        spoiled = bytearray(encoded)
        spoiled[position] ^= 1 << chance.randrange(8)
        yield bytes(spoiled)


def follow(source, roots):
    """Parts 2 and 3."""
    chance = random.Random(1)
    now = source.head_slot()
    found = ((slot, source.bootstrap(slot, root)) for slot, root in roots.items())
    start, encoded = next((slot, encoded) for slot, encoded in found if encoded)
    store = start_store(encoded, roots[start])
    genesis_root = genesis_validators_root(source)
    refused = 0
    for spoiled in changed(encoded, CHANGED_BITS, chance):
        assert is_refused(lambda: start_store(spoiled, roots[start])), "a spoiled bootstrap"
        refused += 1
    first_period = start // PERIOD
    for encoded in source.updates()[first_period:]:
        for spoiled in changed(encoded, CHANGED_BITS, chance):
            copy = clone(store)
            assert is_refused(lambda: take_update(copy, spoiled, now, genesis_root)), "update"
            refused += 1
        take_update(store, encoded, now, genesis_root)
        slot = int(store.finalized_header.beacon.slot)
        print(f"update taken; finalized slot {slot}, period {slot // PERIOD}")
    crossed = int(store.finalized_header.beacon.slot) // PERIOD - first_period
    print(f"{crossed} periods crossed, {refused} spoiled objects refused")
    assert crossed >= 2, "fewer than two periods"


def clone(store):
    """The store's fields are replaced, never changed in place."""
    return spec.LightClientStore(**{name: getattr(store, name) for name in store.__dict__})


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--blocks"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    target = arguments[0]
    source = Api(target) if target.startswith("http") else Dump(target)
    configure(source.spec())
    roots = apply_blocks(source)
    if "--blocks" not in sys.argv:
        follow(source, roots)
    print("accepted")


if __name__ == "__main__":
    main()
