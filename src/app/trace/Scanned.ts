/** The project of a checkout, with everything on record that its repository has to tell. */
import * as Effect from "effect/Effect"
import type { Checkout } from "../ports/Repositories.ts"
import { registerCheckout } from "../ProjectOf.ts"
import { scan } from "./Scan.ts"

export const scanned = (checkout: Checkout) =>
  Effect.gen(function* () {
    const { project } = yield* registerCheckout(checkout)
    yield* scan(checkout.path, project)
    return { project }
  })
