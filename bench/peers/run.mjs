// Nexus beside the event stores that one would otherwise take: the same events, disk and run. See bench/README.md.
//   node bench/peers/run.mjs [--json]
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildProgram } from "../Bench.ts"
import { median, shown } from "../Result.ts"
import { deliveries, record } from "../Workload.ts"
import * as EffectJournals from "./effectJournals.mjs"
import * as Emmett from "./emmett.mjs"
import * as Nexus from "./nexus.mjs"

const rounds = 7
const works = [
  { name: "append 1 event a transaction", events: 1, times: 150 },
  { name: "append 100 in a batch", events: 100, times: 10 },
  { name: "append 1,000 in a batch", events: 1000, times: 3 }
]

/** So many events of the recorded session, for one stream: what every peer can take in one call. */
const eventsFor = function* (workload) {
  for (const { events, actor } of deliveries(workload, "peers")) for (const event of events) yield { actor, ...event }
}

const note = (text) => process.stderr.write(`  ${text}\n`)

const measure = async (peers, workload) => {
  const times = new Map(peers.map((peer) => [peer, new Map(works.map((work) => [work, []]))]))
  const source = eventsFor(workload)
  let stream = 0
  for (let round = 0; round <= rounds; round++) {
    note(round === 0 ? "warming up" : `round ${round} of ${rounds}`)
    // Who goes first changes from round to round.
    const order = [...peers.slice(round % peers.length), ...peers.slice(0, round % peers.length)]
    for (const work of works) {
      const batches = Array.from({ length: work.times }, () => ({
        stream: `peers-${++stream}`,
        events: Array.from({ length: work.events }, () => source.next().value)
      }))
      for (const peer of order) {
        const started = performance.now()
        await peer.append(batches)
        const took = performance.now() - started
        if (round > 0)
          times
            .get(peer)
            .get(work)
            .push((work.events * work.times * 1000) / took)
      }
    }
  }
  return times
}

const readBack = async (peers, expected) => {
  const rates = new Map(peers.map((peer) => [peer, []]))
  for (let round = 0; round < 3; round++) {
    for (const peer of peers) {
      const started = performance.now()
      const count = await peer.readAll()
      const took = performance.now() - started
      if (count !== expected) throw new Error(`${peer.name} gave ${count} events back, not ${expected}`)
      rates.get(peer).push((count * 1000) / took)
    }
  }
  return rates
}

const main = async () => {
  // Emmett logs its errors to stdout, which is for results here.
  console.log = () => undefined
  buildProgram()
  const workload = await record()
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-peers-"))
  const peers = []
  try {
    for (const open of [
      Nexus.open,
      Emmett.openStore,
      Emmett.openKept,
      EffectJournals.openFull,
      EffectJournals.openDefault,
      EffectJournals.openMemory
    ]) {
      const place = mkdtempSync(join(folder, "peer-"))
      peers.push(await open(place))
    }
    const times = await measure(peers, workload)
    const expected = (rounds + 1) * works.reduce((sum, { events, times }) => sum + events * times, 0)
    const reads = await readBack(peers, expected)
    const rows = [
      ...works.map(({ name }, index) => [name, (peer) => median(times.get(peer).get(works[index]))]),
      [`read all ${expected.toLocaleString("en-US")} back, payloads parsed`, (peer) => median(reads.get(peer))]
    ].flatMap(([work, rateOf]) =>
      peers.map((peer) => ({
        work,
        peer: peer.name,
        durability: peer.durability,
        value: Number(rateOf(peer).toPrecision(4)),
        unit: "events/s",
        // How many times as fast Nexus is.
        nexus: Number((rateOf(peers[0]) / rateOf(peer)).toPrecision(3))
      }))
    )
    print(rows)
  } finally {
    for (const peer of peers) await peer.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const print = (rows) => {
  if (process.argv.includes("--json")) return void process.stdout.write(`${JSON.stringify({ results: rows })}\n`)
  for (const work of new Set(rows.map((row) => row.work))) {
    process.stdout.write(`\n${work}\n`)
    for (const row of rows.filter((one) => one.work === work)) {
      const speed = `${shown(Math.round(row.value)).padStart(10)} events/s`
      process.stdout.write(
        `  ${row.peer.padEnd(44)}${speed}  Nexus ×${String(row.nexus).padEnd(6)}  ${row.durability}\n`
      )
    }
  }
}

await main()
