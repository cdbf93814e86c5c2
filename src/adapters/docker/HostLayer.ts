/**
 * A container's own layer, read by this machine's tar where this user may: several times as fast as through the engine. Only root
 * can, and only of an engine on the same machine.
 */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import type { Readable } from "node:stream"

/** How an overlay marks a folder whose content in the image is hidden (overlayfs.rst, "whiteouts and opaque directories"). */
export const opaque = "SCHILY.xattr.trusted.overlay.opaque"

/** The files of the layer; undefined where it can't be read so. Ends with an error when tar does. */
export const hostLayer = (layer: string, signal: AbortSignal): Readable | undefined => {
  if (process.getuid?.() !== 0 || process.platform !== "linux" || !existsSync(layer) || !existsSync("/bin/tar"))
    return undefined
  const extended = ["--xattrs", "--xattrs-include=trusted.overlay.opaque", "--xattrs-include=security.capability"]
  const args = [
    "--create",
    "--format=posix",
    "--numeric-owner",
    ...extended,
    "--blocking-factor=512",
    "--directory",
    layer,
    "."
  ]
  const tar = spawn("/bin/tar", args, { stdio: ["ignore", "pipe", "pipe"], signal })
  let said = ""
  tar.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")))
  tar.once("error", (cause) => tar.stdout.destroy(cause))
  tar.once("exit", (code) => {
    // 1: a file changed while it was read, as with every archive of what runs; sockets are passed over.
    if (code !== 0 && code !== 1) tar.stdout.destroy(new Error(`tar ended with ${code}: ${said.slice(-500)}`))
  })
  return tar.stdout
}
