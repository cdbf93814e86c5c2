/** Public keys as OpenSSH writes them (sshd(8), AUTHORIZED_KEYS FILE FORMAT): type, base64 of the key (RFC 4253, 6.6), comment. */
import { hash } from "node:crypto"

export interface PublicKey {
  readonly type: string
  /** As it goes over the wire. */
  readonly bytes: Buffer
  readonly comment: string
}

const form = /^((?:ssh|ecdsa-sha2|sk-ssh|sk-ecdsa-sha2)-[a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: (.*))?$/

/** Undefined for what is none, for certificates, and for lines with options before the key. */
export const parsePublicKey = (line: string): PublicKey | undefined => {
  const [, type = "", base64 = "", comment = ""] = form.exec(line.trim()) ?? []
  if (type === "" || type.includes("-cert-")) return undefined
  const bytes = Buffer.from(base64, "base64")
  // The key says its type itself; a line that says another is broken.
  if (bytes.length < 4 + type.length || bytes.readUInt32BE(0) !== type.length) return undefined
  return bytes.toString("latin1", 4, 4 + type.length) === type ? { type, bytes, comment } : undefined
}

export const printPublicKey = ({ type, bytes, comment }: PublicKey): string =>
  `${type} ${bytes.toString("base64")}${comment === "" ? "" : ` ${comment}`}`

/** As `ssh-keygen -l` prints it. */
export const fingerprintOf = (bytes: Buffer): string => `SHA256:${hash("sha256", bytes, "base64").replace(/=+$/, "")}`
