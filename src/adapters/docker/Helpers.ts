/** Containers that live for one exchange only: they have no network, and no files but the image's and what they are for. */
import type Docker from "dockerode"
import type { Found } from "./Containers.ts"
import { labels } from "./Labels.ts"

/** Where a helper sees what it is for. */
export const helperFolder = "/nexus-helper"

/** It is made of the workspace's image, not started, and removed in the end. One that a crash left is removed by the next repair, or with the workspace. */
export const withHelper = async <A>(
  docker: Docker,
  found: Found,
  options: {
    readonly mount?: { readonly Type: "bind" | "volume"; readonly Source: string; readonly ReadOnly?: boolean }
    readonly command: ReadonlyArray<string>
    readonly signal: AbortSignal
  },
  use: (helper: Docker.Container) => Promise<A>
): Promise<A> => {
  const helper = await docker.createContainer({
    Image: found.image ?? "",
    Labels: { [labels.log]: found.info.Config.Labels[labels.log] ?? "", [labels.helper]: found.workspace },
    Entrypoint: [...options.command],
    Cmd: [],
    User: "0:0",
    HostConfig: {
      NetworkMode: "none",
      CapDrop: ["ALL"],
      CapAdd: ["DAC_OVERRIDE", "FOWNER"],
      SecurityOpt: ["no-new-privileges"],
      Mounts: options.mount === undefined ? [] : [{ ...options.mount, Target: helperFolder }]
    },
    abortSignal: options.signal
  })
  try {
    return await use(helper)
  } finally {
    await helper.remove({ force: true, v: true })
  }
}
