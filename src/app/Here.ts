/** Where a command was given: the checkout, its project, and what is configured there. */
import * as Effect from "effect/Effect"
import { load } from "./Config.ts"
import { Nexus } from "./Nexus.ts"
import { checkoutHere, registerCheckout } from "./ProjectOf.ts"

export const here = Effect.gen(function* () {
  const checkout = yield* checkoutHere
  const { project } = yield* registerCheckout(checkout)
  const { home } = yield* Nexus
  const config = yield* load(home.config, checkout.path)
  return { checkout, project, config }
})
