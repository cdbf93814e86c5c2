/** Where a stop is likely to be judged, git begins to look at the files while the rest of the program is loaded. */
import { checkoutOf } from "../adapters/git/Checkout.ts"
import { beginLook } from "../adapters/git/WorkState.ts"
import { expectedBase } from "../app/boulder/Held.ts"
import { locate } from "../events/Home.ts"
import { given, objectIn } from "./givenPayload.ts"
import { takeGlobals } from "./takeGlobals.ts"

/** How clients call the end of a turn: Claude Code, Codex and Cursor; Gemini CLI; OpenCode's plugin. */
const isStop = /^(?:stop|afteragent|session\.idle)$/i

/** Does nothing where it can't: whoever judges the stop looks then. */
const beginLooking = (args: ReadonlyArray<string>): void => {
  if (process.platform === "win32") return
  try {
    const { home, rest } = takeGlobals(args)
    if (rest[0] !== "hook" || rest[1] === undefined || rest[1].startsWith("-")) return
    const { hook_event_name: hook, type, cwd } = objectIn(given())
    const event = hook ?? type
    if (typeof cwd !== "string" || typeof event !== "string" || !isStop.test(event)) return
    const checkout = checkoutOf(cwd)?.path
    const base = checkout === undefined ? undefined : expectedBase(locate(home, process.env).held, checkout)
    if (checkout !== undefined && base !== undefined) beginLook(checkout, base)
  } catch {
    // Whatever it is that is wrong here, the hook itself meets it again and says so.
  }
}

// As soon as this is loaded, which is the first of all that a hook loads.
beginLooking(process.argv.slice(2))
