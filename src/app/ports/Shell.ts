/** The port to the shell that an agent runs its hooks in. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

export class Shell extends Context.Tag("nexus/app/Shell")<
  Shell,
  {
    /** Runs a hook's command as its client does: `sh -c`, the payload on stdin. Answers the exit code and stderr. */
    readonly runHook: (
      command: string,
      options: { readonly cwd: string; readonly payload: string }
    ) => Effect.Effect<{ readonly exit: number; readonly stderr: string }>
    /** Runs git in a scratch repository, as nobody in particular. */
    readonly scratchGit: (folder: string, args: ReadonlyArray<string>) => Effect.Effect<void>
  }
>() {}
