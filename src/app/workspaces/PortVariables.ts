/** What every program of a workspace finds in its environment. It loads next to nothing. */
import type { Workspace } from "../../domain/workspace/Workspace.ts"

/** How programs inside, and scripts outside, learn which port leads where: `NEXUS_PORT_WEB`. */
export const portVariables = ({ ports, name, branch }: Workspace): Readonly<Record<string, string>> => ({
  NEXUS_WORKSPACE: name,
  NEXUS_BRANCH: branch,
  ...Object.fromEntries(
    ports.map(({ service, hostPort }) => [
      `NEXUS_PORT_${service.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`,
      String(hostPort)
    ])
  )
})
