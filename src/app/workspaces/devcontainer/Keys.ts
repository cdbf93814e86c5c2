/** The keys of a devcontainer.json (devContainer.base.schema.json of containers.dev), by what becomes of them. */

/** Read by this reader. */
export const read = [
  "image",
  "build",
  "dockerFile",
  "context",
  "mounts",
  "forwardPorts",
  "appPort",
  "portsAttributes",
  "onCreateCommand",
  "updateContentCommand",
  "postCreateCommand",
  "postStartCommand",
  "postAttachCommand",
  "initializeCommand",
  "remoteUser",
  "containerUser",
  "updateRemoteUserUID",
  "containerEnv",
  "remoteEnv",
  "hostRequirements",
  "runArgs",
  "privileged",
  "capAdd",
  "securityOpt",
  "init",
  "workspaceFolder",
  "workspaceMount",
  "features",
  "dockerComposeFile",
  "service",
  "runServices",
  "overrideCommand",
  "secrets"
] as const

/** What is an editor's, a name, or means nothing where a container is never attached to or thrown away. */
export const ignored: ReadonlyArray<string> = [
  "$schema",
  "name",
  "customizations",
  "settings",
  "extensions",
  "devPort",
  "otherPortsAttributes",
  "overrideFeatureInstallOrder",
  "shutdownAction",
  "userEnvProbe",
  "waitFor"
]
