/** `nexus status` without the command line's machinery: people have it in their prompts, and scripts ask it often. */
import { run } from "./run.ts"
import { showStatus } from "./showStatus.ts"
import { takeGlobals } from "./takeGlobals.ts"

export const main = (args: ReadonlyArray<string>): Promise<void> => run(showStatus, takeGlobals(args))
