/** The project of a checkout, with everything on record that its repository has to tell. */
import * as Effect from "effect/Effect"
import { EventLog } from "../../events/EventLog.ts"
import * as Projects from "../../projections/Projects.ts"
import type { Checkout } from "../ports/Repositories.ts"
import { registerCheckout } from "../ProjectOf.ts"
import { scan } from "./Scan.ts"

export const scanned = (checkout: Checkout) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    // git is asked who it is only for a checkout that was never seen.
    const project = Projects.at(database, checkout.path) ?? (yield* registerCheckout(checkout)).project
    yield* scan(checkout.path, project)
    return { project }
  })
