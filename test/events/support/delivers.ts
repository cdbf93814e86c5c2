/** Delivers `count` payloads to the spool at `path`, each saying who and which, and prints the names that it got. */
import * as Effect from "effect/Effect"
import * as Spool from "../../../src/events/Spool.ts"

const [path = "", who = "", count = "1"] = process.argv.slice(2)
const spool = Spool.make(path)
for (let n = 1; n <= Number(count); n++) {
  const name = await Effect.runPromise(spool.deliver("claude", Buffer.from(`${who}/${n}`)))
  process.stdout.write(`${name}\n`)
}
