/** Debian packages whose real programs the tests use. */
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"

/** What tells that a package is there. */
const proofs: Readonly<Record<string, string>> = {
  "openssh-server": "/usr/sbin/sshd",
  "openssh-client": "/usr/bin/ssh"
}

/**
 * Installs those that are missing, if this process may (root, on Debian, under CI=true); says what to do otherwise. Several may
 * ask at once: apt waits for its own lock.
 */
export const ensureInstalled = (packages: ReadonlyArray<string>): void => {
  const missing = packages.filter((name) => {
    const proof = proofs[name]
    if (proof === undefined) throw new Error(`ensureInstalled knows no file that proves ${name}`)
    return !existsSync(proof)
  })
  if (missing.length === 0) return
  const mayInstall = process.env["CI"] === "true" && process.getuid?.() === 0 && existsSync("/etc/debian_version")
  if (!mayInstall) throw new Error(`These tests need ${missing.join(", ")}: apt-get install ${missing.join(" ")}`)
  // No service may be started by an installation: only what a test starts runs.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" }
  const apt = (...args: ReadonlyArray<string>) =>
    execFileSync("apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=300", ...args], { env, stdio: "pipe" })
  apt("update")
  apt("install", "--yes", "--no-install-recommends", ...missing)
}
