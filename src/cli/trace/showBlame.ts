/** What `nexus trace blame` does and prints. */
import * as Effect from "effect/Effect"
import { blame, type BlameRequest } from "../../app/trace/Trace.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { blameLines } from "./blameLines.ts"

export const showBlame = (requests: ReadonlyArray<BlameRequest>, porcelain: boolean) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const blamed = yield* blame(requests)
      yield* output.result(blamed.length === 1 ? blamed[0] : { items: blamed }, () =>
        blameLines(blamed, { ...output, porcelain })
      )
    })
  )
