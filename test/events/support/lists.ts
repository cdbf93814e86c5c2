/** Lists the spool at `path`, and prints how many deliveries it sees. */
import * as Effect from "effect/Effect"
import * as Spool from "../../../src/events/Spool.ts"

const waiting = await Effect.runPromise(Spool.make(process.argv[2] ?? "").list)
process.stdout.write(`${waiting.length}\n`)
