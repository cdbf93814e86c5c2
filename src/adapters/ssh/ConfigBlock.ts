/** A `Host` block of ssh_config(5) that has OpenSSH's client reach a workspace as we do: the same route, key and known host. */
import type { Route } from "../../app/ports/Backend.ts"
import type { ConfigOptions } from "../../app/ports/Ssh.ts"
import { quote } from "./RemoteScript.ts"

export interface Block {
  readonly alias: string
  readonly route: Exclude<Route, { readonly kind: "none" }>
  readonly user: string
  readonly identityFile: string
  readonly knownHostsFile: string
  readonly forwardAgent: boolean
  readonly wake?: ConfigOptions["wake"]
}

export const configBlock = ({ alias, route, user, identityFile, knownHostsFile, forwardAgent, wake }: Block): string =>
  [
    // ssh_config(5): run by the user's shell each time that this host is asked for, before the connection is made.
    ...(wake === undefined
      ? []
      : [
          `Match originalhost ${alias} exec ${argument(`test -e ${quote(wake.file)} && ${wake.command.map(quote).join(" ")}`)}`
        ]),
    `Host ${alias}`,
    ...(route.kind === "tcp"
      ? [`  HostName ${route.host}`, `  Port ${route.port}`]
      : // Run by the user's shell, which OpenSSH has replace itself.
        [`  HostName ${alias}`, `  ProxyCommand ${escapePercent(route.command.map(quote).join(" "))}`]),
    `  HostKeyAlias ${alias}`,
    `  User ${user}`,
    `  UserKnownHostsFile ${argument(knownHostsFile)}`,
    "  GlobalKnownHostsFile /dev/null",
    "  StrictHostKeyChecking yes",
    // Keys of a server that were not made by us are not to be learnt.
    "  UpdateHostKeys no",
    "  CheckHostIP no",
    `  IdentityFile ${argument(identityFile)}`,
    "  IdentitiesOnly yes",
    `  ForwardAgent ${forwardAgent ? "yes" : "no"}`,
    "  ServerAliveInterval 15",
    "  ServerAliveCountMax 4",
    ""
  ].join("\n")

/** `%` begins a token (ssh_config(5), TOKENS). */
const escapePercent = (text: string): string => text.replaceAll("%", "%%")

/** One argument: OpenSSH takes backslashes before quotes and backslashes within quotes (since 8.7). */
const argument = (text: string): string => `"${escapePercent(text).replaceAll(/["\\]/g, String.raw`\$&`)}"`
