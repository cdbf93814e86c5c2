/**
 * Homes that can really be full or read-only, and be well again: a small file system of its own where this process may mount
 * one, in a mount namespace that goes with the process that holds it; and limits on the processes themselves, which need no
 * permission.
 */
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { isRoot, type Ran, type RunOptions, type World } from "../support/cli.ts"
import { start } from "../support/processes.ts"

export interface Place {
  readonly home: string
  /** Runs a command that sees the place as it is now. */
  readonly run: (command: ReadonlyArray<string>, options?: RunOptions) => Promise<Ran>
  readonly spoil: () => Promise<void>
  readonly mend: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export interface Way {
  readonly name: string
  readonly open: (world: World) => Promise<Place>
}

const mayMount = isRoot && spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0

/** Every way to fill a disk that this machine allows; there is always one. */
export const waysToFill: ReadonlyArray<Way> = [
  ...(mayMount
    ? [
        {
          name: "a full file system",
          open: (world: World) =>
            mounted(
              world,
              // Until not even one more byte fits; dd says that it failed, as it should.
              'dd if=/dev/zero of="$0/ballast" bs=4096; dd if=/dev/zero of="$0/ballast2" bs=1; :',
              'rm -f "$0/ballast" "$0/ballast2"'
            )
        }
      ]
    : []),
  {
    name: "a limit of 0 bytes a file",
    open: async (world) => limited(world, ["sh", "-c", `ulimit -f 0; exec "$@"`, "sh"])
  }
]

/** Every way to make a home read-only that this machine allows; there is always one. */
export const waysToProtect: ReadonlyArray<Way> = [
  ...(mayMount
    ? [
        {
          name: "a read-only file system",
          open: (world: World) => mounted(world, 'mount -o remount,ro "$0"', 'mount -o remount,rw "$0"')
        }
      ]
    : []),
  {
    name: "permissions",
    // Root may write anywhere, unless it lays that power down.
    open: async (world) =>
      limited(
        world,
        isRoot ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] : [],
        (home) => setModes(home, false),
        (home) => setModes(home, true)
      )
  }
]

/** A small tmpfs; `$0` in the scripts is its folder. */
const mounted = async (world: World, spoil: string, mend: string): Promise<Place> => {
  const folder = join(world.root, "small")
  mkdirSync(folder)
  const holder = start(
    "unshare",
    ["-m", "sh", "-c", 'mount -t tmpfs -o size=4m tmpfs "$0" && echo mounted && read _', folder],
    {
      open: true
    }
  )
  await holder.printed(1)
  const inside = (command: ReadonlyArray<string>, { cwd = world.root, ...options }: RunOptions = {}) =>
    world.run(
      "nsenter",
      ["-t", String(holder.child.pid), "-m", "sh", "-c", 'cd "$0" && exec "$@"', cwd, ...command],
      options
    )
  const script = async (text: string) => {
    const { exit, stderr } = await inside(["sh", "-c", text, folder])
    if (exit !== 0) throw new Error(`${text}: ${stderr}`)
  }
  return {
    home: join(folder, "home"),
    run: inside,
    spoil: () => script(spoil),
    mend: () => script(mend),
    [Symbol.asyncDispose]: holder[Symbol.asyncDispose]
  }
}

/** A folder like any other, but while it is spoilt every command runs behind `prefix`. */
const limited = (
  world: World,
  prefix: ReadonlyArray<string>,
  spoil: (home: string) => void = () => undefined,
  mend: (home: string) => void = () => undefined
): Place => {
  let before: ReadonlyArray<string> = []
  return {
    home: world.home,
    run: (command, options) => {
      const [program = "", ...args] = [...before, ...command]
      return world.run(program, args, options)
    },
    spoil: async () => {
      spoil(world.home)
      before = prefix
    },
    mend: async () => {
      before = []
      mend(world.home)
    },
    [Symbol.asyncDispose]: async () => mend(world.home)
  }
}

const setModes = (path: string, writable: boolean): void => {
  const isFolder = statSync(path).isDirectory()
  if (writable) chmodSync(path, isFolder ? 0o700 : path.endsWith("nexus-hook") ? 0o700 : 0o600)
  if (isFolder) for (const name of readdirSync(path)) setModes(join(path, name), writable)
  if (!writable) chmodSync(path, isFolder || path.endsWith("nexus-hook") ? 0o500 : 0o400)
}
