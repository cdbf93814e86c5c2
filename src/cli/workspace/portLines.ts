/** Ports of this machine, as they are printed. */
import { type Port, portVariable } from "../../domain/workspace/Ports.ts"
import type { Spec } from "../../domain/workspace/Spec.ts"

/** A process has no port but this machine's: nothing is forwarded to it, it has to listen there. */
export const portWords = (
  { backend }: Pick<Spec, "backend">,
  { host, hostPort, service, companion, port, protocol }: Port & { readonly host: string }
): string =>
  backend === "process"
    ? `${host}:${hostPort}/${protocol} (${service}: listen on ${portVariable(service)})`
    : `${host}:${hostPort} → ${companion === undefined ? "" : `${companion}:`}${port}/${protocol} (${service})`
