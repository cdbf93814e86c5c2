/** The project of a checkout, with everything on record that its repository has to tell. */
import * as Effect from "effect/Effect"
import { EventLog } from "../../events/EventLog.ts"
import * as Projects from "../../projections/Projects.ts"
import type { Checkout } from "../ports/Repositories.ts"
import { isIdentified, registerCheckout } from "../ProjectOf.ts"
import { scan } from "./Scan.ts"

export const scanned = (checkout: Checkout) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    // git is asked what a checkout is only until that is known: its first commit tells it apart from any other.
    const known = Projects.at(database, checkout.path)
    const isKnown = known !== undefined && isIdentified(database, known)
    const project = isKnown ? known : (yield* registerCheckout(checkout)).project
    yield* scan(checkout.path, project)
    return { project }
  })
