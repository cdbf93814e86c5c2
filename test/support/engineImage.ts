/**
 * An image with a Docker engine in it, made without a network: the base image and this machine's own engine, which is of the same
 * Debian. `docker-init` is a program that needs nothing else: enough of an image for a container inside.
 */
import { execFileSync } from "node:child_process"
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"

const programs = ["dockerd", "docker", "containerd", "containerd-shim-runc-v2", "runc", "iptables", "docker-init"]

const run = (command: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 2 ** 26 })

/** Where Debian's packages have it; the image has the same places. */
const placeOf = (program: string): string => {
  const found = ["/usr/sbin", "/usr/bin"].map((folder) => join(folder, program)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${program} is not here. On Debian, as root: npm run provision`)
  return found
}

export const makeEngineImage = (name: string): void => {
  const context = mkdtempSync(join(tmpdir(), "nexus-engine-image-"))
  const put = (path: string) => {
    mkdirSync(join(context, "root", dirname(path)), { recursive: true })
    copyFileSync(realpathSync(path), join(context, "root", path))
  }
  try {
    const places = programs.map(placeOf)
    places.forEach(put)
    const libraries = run(
      "sh",
      "-c",
      'ldd "$@" 2>/dev/null | grep -o "=> /[^ ]*" | cut -c4- | sort -u',
      "sh",
      ...places
    )
      .split("\n")
      .filter((path) => path !== "")
    const known = new Set(run("docker", "run", "--rm", "nexus-base:1", "ls", "/usr/lib/x86_64-linux-gnu").split("\n"))
    for (const path of libraries) if (!known.has(basename(path))) put(join("/usr/lib/x86_64-linux-gnu", basename(path)))
    cpSync("/usr/lib/x86_64-linux-gnu/xtables", join(context, "root/usr/lib/x86_64-linux-gnu/xtables"), {
      recursive: true
    })
    writeFileSync(join(context, "Dockerfile"), "FROM nexus-base:1\nCOPY root /\n")
    run("docker", "build", "--quiet", "--tag", name, context)
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}
