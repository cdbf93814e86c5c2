import { createHash } from "node:crypto"
import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { type Devcontainer, devcontainerIn } from "../../../../src/app/workspaces/devcontainer/Devcontainer.ts"
import type { Given } from "../../../../src/app/workspaces/devcontainer/Reading.ts"

const file = ".devcontainer/devcontainer.json"

const reading = (content: unknown, given: Partial<Given> = {}) =>
  devcontainerIn(typeof content === "string" ? content : JSON.stringify(content, null, 2), {
    file,
    nested: false,
    imageGiven: false,
    ...given
  })

const read = (content: unknown, given?: Partial<Given>): Devcontainer => Either.getOrThrow(reading(content, given))
const layer = (content: object, given?: Partial<Given>) => read({ image: "base:1", ...content }, given).layer
const notes = (content: object, given?: Partial<Given>) => read({ image: "base:1", ...content }, given).notes

/** The error, as it is shown. */
const wrong = (content: unknown, given?: Partial<Given>): string => {
  const result = reading(content, given)
  if (Either.isRight(result)) throw new Error(`It was read: ${JSON.stringify(result.right)}`)
  return `${result.left.message} ${result.left.hint}`.trim()
}

describe("the text", () => {
  it("has comments and trailing commas, and its digest is kept", () => {
    const text = '\uFEFF// A comment\n{\n  /* of several\n lines */ "image": "base:1",\n}\n'
    expect(read(text).layer).toMatchObject({
      image: { kind: "named", name: "base:1" },
      devcontainer: { from: file, digest: createHash("sha256").update(text).digest("hex") }
    })
  })

  it.each([
    ['{\n  "image": "x\n}', `${file}, line 2: this is no JSON`],
    ["[]", `${file}, line 1: a devcontainer.json is an object`],
    ["", `${file}, line 1`],
    ['{\n\n "image": 3 }', `${file}, line 3: image is text, not a number.`],
    ['{ "image": "x",\n "forwardPorts": {} }', `${file}, line 2: forwardPorts is a list, not an object.`],
    ['{ "image": "x",\n "containerEnv": [1] }', `${file}, line 2: containerEnv is an object, not a list.`],
    ['{ "image": "x",\n "privileged": "yes" }', `${file}, line 2: privileged is true or false, not text.`]
  ])("%j is wrong in its line", (text, said) => expect(wrong(text)).toContain(said))

  it("has keys that are not known named, with what was meant", () => {
    expect(
      notes({ forwardPort: [1], nonsenseOfMine: 1, customizations: {}, name: "x", shutdownAction: "none" })
    ).toEqual(["forwardPort is not known. Did you mean forwardPorts?", "nonsenseOfMine is not known."])
  })
})

describe("the image", () => {
  it("may be missing", () => {
    const { layer, notes } = read({})
    expect(layer.image).toBeUndefined()
    expect(notes).toEqual(["It names no image: Nexus' own is taken."])
  })

  it.each([
    [{ dockerfile: "Dockerfile" }, { path: ".devcontainer/Dockerfile", context: ".devcontainer" }],
    [
      { dockerfile: "Dockerfile", context: ".." },
      { path: ".devcontainer/Dockerfile", context: "." }
    ],
    [
      { dockerfile: "../docker/dev", context: "../app/" },
      { path: "docker/dev", context: "app" }
    ],
    [
      { dockerfile: "${localWorkspaceFolder}/x/Dockerfile", context: "${localWorkspaceFolder}" },
      { path: "x/Dockerfile", context: "." }
    ],
    [
      { dockerfile: "Dockerfile", target: "dev", args: { VERSION: "20", EMPTY: "" } },
      {
        path: ".devcontainer/Dockerfile",
        context: ".devcontainer",
        target: "dev",
        arguments: { VERSION: "20", EMPTY: "" }
      }
    ]
  ])("is built: %j", (build, image) => {
    expect(read({ build }).layer.image).toStrictEqual({ kind: "dockerfile", ...image })
  })

  it("is built by what older files say, too", () => {
    expect(read({ dockerFile: "Dockerfile", context: ".." }).layer.image).toStrictEqual({
      kind: "dockerfile",
      path: ".devcontainer/Dockerfile",
      context: "."
    })
    expect(
      Either.getOrThrow(
        devcontainerIn('{"build": {"dockerfile": "Dockerfile"}}', {
          file: ".devcontainer.json",
          nested: false,
          imageGiven: false
        })
      ).layer.image
    ).toMatchObject({ path: "Dockerfile", context: "." })
  })

  it.each([
    [{ dockerfile: "../../Dockerfile" }, "build.dockerfile is outside of the worktree."],
    [{ dockerfile: "/etc/passwd" }, "build.dockerfile is outside of the worktree."],
    [{ dockerfile: "Dockerfile", context: "../.." }, "build.context is outside of the worktree."],
    [{ dockerfile: "${localWorkspaceFolder}/../x" }, "build.dockerfile is outside of the worktree."],
    [
      { dockerfile: "Dockerfile", args: { TOKEN: "${localEnv:TOKEN}" } },
      "build.args.TOKEN depends on this machine's environment"
    ],
    [{ context: "." }, "build names no dockerfile."]
  ])("is refused: %j", (build, said) => expect(wrong({ build })).toContain(said))

  it("is the command line's where that names one, and features are then no matter", () => {
    const { layer, notes } = read(
      { build: { dockerfile: "../../x" }, features: { "ghcr.io/devcontainers/features/node:1": {} } },
      { imageGiven: true }
    )
    expect(layer.image).toBeUndefined()
    expect(notes).toEqual([])
  })

  it("with features is refused, which are named, with what to do", () => {
    const features = { "ghcr.io/devcontainers/features/node:1": {}, "./local": {} }
    const said = wrong({ image: "base:1", features })
    expect(said).toContain("installed from a registry: ghcr.io/devcontainers/features/node:1, ./local.")
    expect(said).toContain("--image NAME")
    expect(said).not.toContain("--dind")
    expect(wrong({ features: { "ghcr.io/devcontainers/features/docker-in-docker:2": {} } })).toContain("--dind")
    expect(read({ image: "x", features: {} }).layer.image).toMatchObject({ name: "x" })
  })

  it("by a Compose file is refused", () => {
    expect(wrong({ dockerComposeFile: "compose.yml", service: "app" })).toContain("Compose file")
  })
})

describe("mounts", () => {
  it("of volumes are the workspace's own, also those in the worktree, wherever that is", () => {
    const mounts = [
      "source=${localWorkspaceFolderBasename}-node_modules,target=${containerWorkspaceFolder}/node_modules,type=volume",
      "type=volume,source=data-${devcontainerId},target=/var/lib/data,readonly",
      { source: "History", target: "/commandhistory", type: "volume" },
      "target=/cache",
      "source=target,target=/workspaces/${localWorkspaceFolderBasename}/target,type=volume",
      "source=src,target=/src/vendor,type=volume"
    ]
    expect(layer({ mounts, workspaceFolder: "/src" }).volumes).toEqual([
      { name: "node_modules", path: "node_modules" },
      { name: "data", path: "/var/lib/data" },
      { name: "history", path: "/commandhistory" },
      { name: "cache", path: "/cache" },
      { name: "target", path: "target" },
      { name: "src", path: "vendor" }
    ])
  })

  it.each([
    ["source=${localEnv:HOME}/.ssh,target=/home/x/.ssh,type=bind", "would show ${localEnv:HOME}/.ssh inside"],
    ["source=/etc,target=/etc2,type=bind", "would show /etc inside"],
    ["source=${localWorkspaceFolder}/../x,target=/x,type=bind", "would show"],
    ["source=/var/run/docker.sock,target=/var/run/docker.sock,type=bind", "--dind"],
    ["source=a,target=${containerWorkspaceFolder}/../x", "no absolute path"],
    ["source=a,target=relative", "no absolute path"],
    ["source=a", "names no target"]
  ])("%s is refused", (mount, said) => expect(wrong({ image: "x", mounts: [mount] })).toContain(said))

  it("of what is in the worktree anyway, and of memory, are left out and said", () => {
    expect(
      notes({ mounts: ["source=${localWorkspaceFolder}/x,target=/x,type=bind", "type=tmpfs,target=/tmp"] })
    ).toEqual(["mounts[0] is left out: what it shows is in the worktree.", "mounts[1]: /tmp is not kept in memory."])
    expect(
      notes({ mounts: ["source=/var/run/docker.sock,target=/var/run/docker.sock,type=bind"] }, { nested: true })
    ).toEqual(["mounts[0]: it has an engine of its own instead of this machine's."])
  })
})

describe("ports", () => {
  it("have the names that they are given, once", () => {
    const content = {
      forwardPorts: [3000, "localhost:8080", 3000, 5432, 5433, "db:5432", 9000],
      appPort: ["8081:81", 3000],
      portsAttributes: {
        "3000": { label: "Web App (dev)", onAutoForward: "openBrowser" },
        "8080": { label: "API" },
        "5432": { label: "db" },
        "5433": { label: "db" },
        "9000": { label: "ssh" }
      }
    }
    expect(layer(content).services).toEqual([
      { name: "web-app-dev", port: 3000, protocol: "tcp" },
      { name: "api", port: 8080, protocol: "tcp" },
      { name: "db", port: 5432, protocol: "tcp" },
      { name: "port-5433", port: 5433, protocol: "tcp" },
      { name: "port-9000", port: 9000, protocol: "tcp" },
      { name: "port-81", port: 81, protocol: "tcp" }
    ])
    expect(notes(content)).toEqual(["forwardPorts[5]: db:5432 is another container's, which there is not."])
  })

  it.each([0, 70_000, "x", "80-90", -1])("%j is none", (port) => {
    expect(wrong({ image: "x", forwardPorts: [port] })).toContain("is no port.")
  })
})

describe("commands", () => {
  it("are hooks in the order of their stages, in each of their forms", () => {
    expect(
      layer({
        postStartCommand: "npm start &",
        postCreateCommand: { server: "npm install", tools: ["pip", "install", "x y"], none: "" },
        onCreateCommand: ["sh", "-c", "echo $HOME"],
        updateContentCommand: ""
      }).hooks?.map(({ stage, name, command }) => [stage, name, command])
    ).toEqual([
      ["setup", "onCreateCommand", ["sh", "-c", "echo $HOME"]],
      ["setup", "postCreateCommand.server", "npm install"],
      ["setup", "postCreateCommand.tools", ["pip", "install", "x y"]],
      ["start", "postStartCommand", "npm start &"]
    ])
  })

  it("refer to what they refer to by variables of theirs, so that nothing of it is in the log", () => {
    const { hooks, variables } = layer({
      onCreateCommand: "cd ${containerWorkspaceFolder}/app && TOKEN=${localEnv:TOKEN:a}b ${containerEnv:TOOL}",
      postCreateCommand: ["git", "config", 'the "$name"', "${localWorkspaceFolderBasename}-${devcontainerId}"]
    })
    expect(hooks?.map(({ command }) => command)).toEqual([
      "cd ${containerWorkspaceFolder}/app && TOKEN=${localEnv_TOKEN:-a}b ${TOOL}",
      '"git" "config" "the \\"\\$name\\"" "${containerWorkspaceFolderBasename}-${devcontainerId}"'
    ])
    expect(variables).toEqual({
      containerWorkspaceFolder: { text: "${containerWorkspaceFolder}" },
      containerWorkspaceFolderBasename: { text: "${containerWorkspaceFolderBasename}" },
      devcontainerId: { text: "${devcontainerId}" },
      localEnv_TOKEN: { fromEnvironment: "TOKEN", fallback: "" }
    })
  })

  it("of this machine and of what attaches are not run, and sudo is told of", () => {
    expect(
      notes({ initializeCommand: "rm -rf /", postAttachCommand: "x", postCreateCommand: "sudo apt-get install -y jq" })
    ).toEqual([
      "initializeCommand is not run: it is for this machine itself, outside of the workspace.",
      "postAttachCommand is not run: nothing attaches to a workspace.",
      "postCreateCommand: sudo gains no rights in a workspace. What needs root belongs into the image."
    ])
  })

  it("of another kind are wrong", () => {
    expect(wrong({ image: "x", postCreateCommand: 3 })).toContain("postCreateCommand is text, not a number.")
    expect(wrong({ image: "x", postCreateCommand: [["x"]] })).toContain("postCreateCommand[0] is text, not a list.")
  })
})

describe("variables", () => {
  it("are values, or references that are looked up at each start", () => {
    expect(
      layer({
        containerEnv: { PLAIN: "a $b", BASE: "/opt" },
        remoteEnv: {
          TOKEN: "${localEnv:MY_TOKEN}",
          EDITOR: "${env:EDITOR:vi}",
          PATH: "${containerEnv:PATH}:${containerEnv:BASE}/bin",
          ROOT: "${containerWorkspaceFolder}",
          GONE: null
        }
      }).variables
    ).toEqual({
      PLAIN: { value: "a $b" },
      BASE: { value: "/opt" },
      TOKEN: { fromEnvironment: "MY_TOKEN", fallback: "" },
      EDITOR: { fromEnvironment: "EDITOR", fallback: "vi" },
      PATH: { text: "${containerEnv:PATH}:/opt/bin" },
      ROOT: { text: "${containerWorkspaceFolder}" }
    })
  })

  it("that no shell takes are wrong", () => {
    expect(wrong({ image: "x", containerEnv: { "A-B": "x" } })).toContain('"A-B" can\'t be a variable.')
  })

  it("that are expected as secrets are told of unless they are there", () => {
    expect(notes({ secrets: { API_KEY: {}, OTHER: {} }, remoteEnv: { OTHER: "${localEnv:OTHER}" } })).toEqual([
      "It expects secrets: API_KEY. Hand them over: --env API_KEY"
    ])
  })
})

describe("the user", () => {
  it("is an account of the image; the one for commands before that of the container", () => {
    expect(layer({ containerUser: "a", remoteUser: "vscode" }).user).toBe("vscode")
    expect(layer({ containerUser: "node" }).user).toBe("node")
  })

  it("root is the worktree's owner all the same, and so is one whose number is to stay", () => {
    expect(layer({ remoteUser: "root" }).user).toBeUndefined()
    expect(notes({ remoteUser: "root" })).toMatchObject([
      expect.stringContaining("commands run as the owner of the worktree")
    ])
    expect(notes({ remoteUser: "node", updateRemoteUserUID: false })).toHaveLength(1)
  })

  it("can't be anything", () => expect(wrong({ image: "x", remoteUser: "a b; c" })).toContain("is no user."))
})

describe("what would lower the protection", () => {
  it.each([
    [{ privileged: true }, "--dind"],
    [{ capAdd: ["SYS_ADMIN"] }, "capability SYS_ADMIN"],
    [{ securityOpt: ["apparmor=unconfined"] }, "apparmor=unconfined would take away a protection"],
    [{ securityOpt: ["label=disable"] }, "label=disable"],
    [{ runArgs: ["--privileged"] }, "--dind"],
    [{ runArgs: ["--cap-add=NET_ADMIN"] }, "capability NET_ADMIN"],
    [{ runArgs: ["--cap-add", "ALL"] }, "capability ALL"],
    [{ runArgs: ["--security-opt", "seccomp=/x.json"] }, "seccomp=/x.json"],
    [{ runArgs: ["--network=host"] }, "--network host would open a way out"],
    [{ runArgs: ["--net", "host"] }, "would open a way out"],
    [{ runArgs: ["--pid=host"] }, "would open a way out"],
    [{ runArgs: ["--device=/dev/kvm"] }, "--device /dev/kvm would open a way out"],
    [{ runArgs: ["-v", "/:/host"] }, "would show / inside"],
    [{ runArgs: ["-v", "/var/run/docker.sock:/var/run/docker.sock"] }, "--dind"],
    [{ runArgs: ["--mount", "type=bind,source=/etc,target=/x"] }, "would show /etc inside"]
  ])("%j is refused", (content, said) => expect(wrong({ image: "x", ...content })).toContain(said))

  it("is what a workspace with an engine of its own has anyway", () => {
    const content = { privileged: true, capAdd: ["SYS_ADMIN"], runArgs: ["--privileged"] }
    expect(notes(content, { nested: true })).toEqual([])
  })

  it("is left out where nothing is lost by it", () => {
    expect(
      notes({ privileged: false, init: true, capAdd: ["SYS_PTRACE"], securityOpt: ["seccomp=unconfined"] })
    ).toEqual([
      "capAdd[0]: SYS_PTRACE is left out. Debuggers reach the programs that they start.",
      "securityOpt[0]: seccomp=unconfined is left out. Debuggers need it on old engines only."
    ])
  })
})

describe("runArgs", () => {
  it("that a workspace has a word for are understood, with either way to give a value", () => {
    const runArgs = [
      "--cpus=1.5",
      "--memory",
      "2g",
      "--pids-limit=100",
      "--init",
      "--rm",
      "--name",
      "x",
      "--network=none"
    ]
    expect(layer({ runArgs: [...runArgs, "-e", "A=1", "--env=B", "-p", "8080:80", "-v", "data:/data"] })).toMatchObject(
      {
        limits: { cpus: 1.5, memoryBytes: 2 * 2 ** 30, processes: 100 },
        network: "none",
        variables: { A: { value: "1" }, B: { fromEnvironment: "B", fallback: "" } },
        services: [{ name: "port-80", port: 80, protocol: "tcp" }],
        volumes: [{ name: "data", path: "/data" }]
      }
    )
    expect(notes({ runArgs })).toEqual([])
  })

  it("that it has none for are left out and said", () => {
    expect(notes({ runArgs: ["--gpus", "all", "--shm-size=1g", "--network", "project_default"] })).toEqual([
      "runArgs: --gpus is left out.",
      "runArgs: --shm-size is left out.",
      "runArgs: the network project_default is not joined: a workspace has its own."
    ])
  })

  it.each([["--cpus=x"], ["--memory=much"], ["--cpus"]])("%s is wrong", (argument) => {
    expect(wrong({ image: "x", runArgs: [argument] })).toContain(`${file}, line `)
  })
})

describe("what is asked of the machine", () => {
  it("may be a graphics processor, which a workspace has not", () => {
    const told = ["hostRequirements.gpu: a workspace sees no graphics processor."]
    expect(notes({ hostRequirements: { gpu: true } })).toEqual(told)
    expect(notes({ hostRequirements: { gpu: { cores: 1 } } })).toEqual(told)
    expect(notes({ hostRequirements: { gpu: "optional" } })).toEqual([])
    expect(notes({ hostRequirements: { gpu: false } })).toEqual([])
  })

  it("is read in processors and bytes", () => {
    expect(read({ image: "x", hostRequirements: { cpus: 4, memory: "8gb", storage: "32GB" } }).needs).toEqual({
      cpus: 4,
      memoryBytes: 8 * 2 ** 30,
      storageBytes: 32 * 2 ** 30
    })
    expect(wrong({ image: "x", hostRequirements: { memory: "lots" } })).toContain("is no size.")
  })
})

describe("files as projects have them", () => {
  it("of Node.js and TypeScript", () => {
    const text = `// For format details, see https://aka.ms/devcontainer.json.
{
	"name": "Node.js & TypeScript",
	"image": "mcr.microsoft.com/devcontainers/typescript-node:1-22-bookworm",
	// Features to add to the dev container. More info: https://containers.dev/features.
	// "features": {},
	"forwardPorts": [3000, 9229],
	"portsAttributes": { "3000": { "label": "Hello Remote World", "onAutoForward": "notify" } },
	"postCreateCommand": "yarn install",
	"customizations": { "vscode": { "extensions": ["dbaeumer.vscode-eslint"], "settings": {} } },
	"remoteUser": "node",
}
`
    const { layer, notes } = read(text)
    expect(notes).toEqual([])
    expect(layer).toMatchObject({
      image: { name: "mcr.microsoft.com/devcontainers/typescript-node:1-22-bookworm" },
      services: [
        { name: "hello-remote-world", port: 3000 },
        { name: "port-9229", port: 9229 }
      ],
      hooks: [{ stage: "setup", command: "yarn install" }],
      user: "node"
    })
  })

  it("of C++ with a debugger, and of Rust with a cache", () => {
    const cpp = {
      name: "C++",
      build: { dockerfile: "Dockerfile", args: { REINSTALL_CMAKE_VERSION_FROM_SOURCE: "none" } },
      runArgs: ["--init", "--cap-add=SYS_PTRACE", "--security-opt", "seccomp=unconfined"],
      workspaceMount: "source=${localWorkspaceFolder},target=/workspace,type=bind",
      workspaceFolder: "/workspace",
      remoteUser: "vscode"
    }
    expect(read(cpp).notes).toHaveLength(3)
    const rust = {
      image: "mcr.microsoft.com/devcontainers/rust:1",
      mounts: [{ source: "devcontainer-cargo-cache-${devcontainerId}", target: "/usr/local/cargo", type: "volume" }],
      postCreateCommand: { fetch: ["cargo", "fetch"] },
      hostRequirements: { cpus: 2 }
    }
    expect(read(rust)).toMatchObject({
      notes: [],
      layer: { volumes: [{ name: "devcontainer-cargo-cache", path: "/usr/local/cargo" }] }
    })
  })
})
