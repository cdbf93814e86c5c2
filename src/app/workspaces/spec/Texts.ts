/** Sizes and ports as people write them. Pure. */
import type { Service } from "../../../domain/workspace/Spec.ts"

/** `512m`, `2g`, `1.5g`: powers of 1024. Undefined for what is no size. */
export const bytesFrom = (text: string): number | undefined => {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text) ?? []
  const bytes = Math.floor(Number(number) * 1024 ** (unit === "" ? 0 : "kmgt".indexOf(unit.toLowerCase()) + 1))
  return number === undefined || bytes < 1 ? undefined : bytes
}

/** `3000`, `web=3000`, `dns=53/udp`. Undefined for what is no port. */
export const serviceFrom = (text: string): Service | undefined => {
  const [, name, digits, protocol = "tcp"] = /^(?:([a-z][a-z0-9-]*)=)?(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? []
  const port = Number(digits)
  return digits === undefined || port < 1 || port > 65_535
    ? undefined
    : { name: name ?? `port-${port}`, port, protocol: protocol === "udp" ? "udp" : "tcp" }
}
