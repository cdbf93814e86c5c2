/** What an engine is asked for, so that a command is run by the program of ours that is in every container (Scripts.ts). */

export interface Asked {
  /** By which it and all that it starts can be told. */
  readonly id: string
  readonly cwd: string
  readonly command: ReadonlyArray<string>
  readonly variables: Readonly<Record<string, string>>
  /** `UID:GID`, or a name. */
  readonly user: string
  readonly stdin: boolean
  readonly detach: boolean
}

export const execRequest = ({ id, cwd, command, variables, user, stdin, detach }: Asked) => ({
  Cmd: ["/bin/sh", "/.nexus/run", id, cwd, detach ? "logged" : "shown", ...command],
  Env: [
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    `NEXUS_GIVEN=${Object.keys(variables).join(" ")}`
  ],
  User: user,
  AttachStdin: !detach && stdin,
  AttachStdout: !detach,
  AttachStderr: !detach
})

/** Ends what one command started, and is over when that is gone. */
export const endOf = (id: string): ReadonlyArray<string> => ["/bin/sh", "/.nexus/end", id]
