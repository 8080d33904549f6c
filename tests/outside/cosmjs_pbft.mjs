// cosmjs reads the bundled PBFT chain and pays on it: status, blocks, validators, searches, a
// subscription to new blocks, balances, a bank transfer.
//
//   node cosmjs_pbft.mjs [RPC URL] [seed]

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { toBech32 } from "@cosmjs/encoding";
import { DirectSecp256k1Wallet } from "@cosmjs/proto-signing";
import { GasPrice, SigningStargateClient } from "@cosmjs/stargate";
import { Comet38Client, connectComet } from "@cosmjs/tendermint-rpc";

const url = process.argv[2] ?? "http://127.0.0.1:26604";
const seed = BigInt(process.argv[3] ?? "1");

// The key of a developer's account, as `docs/chains.md` has it.
function developerKey(name) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(seed);
  return createHash("sha256").update(`causeway/dev/pbft/${name}/`).update(bytes).digest();
}

const comet = await connectComet(url);
assert.ok(comet instanceof Comet38Client);

const status = await comet.status();
assert.equal(status.nodeInfo.network, "causeway-pbft-1");
const head = status.syncInfo.latestBlockHeight;
const { block, blockId } = await comet.block(head);
assert.equal(block.header.height, head);
const validators = await comet.validatorsAll(head);
assert.ok(validators.total >= 4);
const commit = await comet.commit(head);
assert.deepEqual(commit.commit.blockId.hash, blockId.hash);
await comet.blockResults(head);
await comet.genesis();
await comet.abciInfo();
const chain = await comet.blockchain(Math.max(1, head - 3), head);
assert.equal(chain.lastHeight >= head, true);
const found = await comet.blockSearch({ query: `block.height = ${head}`, page: 1, per_page: 5 });
assert.equal(found.totalCount, 1);
console.log(`read: height ${head}, ${validators.total} validators`);

const socket = await connectComet(url.replace(/^http/, "ws"));
const first = await new Promise((resolve, reject) => {
  socket.subscribeNewBlock().subscribe({ next: resolve, error: reject });
});
assert.ok(first.header.height > head);
socket.disconnect();
console.log(`told of block ${first.header.height}`);

const alice = await DirectSecp256k1Wallet.fromKey(developerKey("alice"), "causeway");
const bob = await DirectSecp256k1Wallet.fromKey(developerKey("bob"), "causeway");
const [{ address: from }] = await alice.getAccounts();
const [{ address: to }] = await bob.getAccounts();
const gasPrice = GasPrice.fromString("0.001ucway");
const signing = await SigningStargateClient.connectWithSigner(url, alice, { gasPrice });
const before = BigInt((await signing.getBalance(to, "ucway")).amount);
const sent = await signing.sendTokens(from, to, [{ denom: "ucway", amount: "12345" }], 1.5);
assert.equal(sent.code, 0, sent.rawLog);
const after = BigInt((await signing.getBalance(to, "ucway")).amount);
assert.equal(after - before, 12345n);
const proven = await comet.tx({ hash: Buffer.from(sent.transactionHash, "hex"), prove: true });
assert.equal(proven.height, sent.height);
assert.ok(proven.proof);
const searched = await signing.searchTx(`transfer.recipient='${to}'`);
assert.ok(searched.some((tx) => tx.hash === sent.transactionHash));
assert.equal(await signing.getAccount(toBech32("causeway", new Uint8Array(20))), null);
console.log(`paid in block ${sent.height}, gas ${sent.gasUsed} of ${sent.gasWanted}`);
