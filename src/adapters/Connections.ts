/** TCP connections that there are, from one of the kernel's own tables (proc(5), /proc/net/tcp). */

export interface Connection {
  /** On this side. */
  readonly port: number
  /** Both ends are here, by the address of this one. */
  readonly isLoopback: boolean
}

/** State 01 is ESTABLISHED; addresses are hexadecimal, in the byte order of the machine by groups of four. */
export const established = (table: string): ReadonlyArray<Connection> =>
  table.split("\n").flatMap((line) => {
    const [, address = "", hex = ""] = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 01 /.exec(line) ?? []
    return hex === "" ? [] : [{ port: Number.parseInt(hex, 16), isLoopback: loopback.test(address) }]
  })

/** 127.0.0.0/8, also within IPv6, and ::1. */
const loopback = /^(?:[0-9A-F]{6}7F|0{16}(?:FFFF0000|0000FFFF)[0-9A-F]{6}7F|0{24}(?:01000000|00000001))$/
