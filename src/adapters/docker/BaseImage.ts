/**
 * The image that comes with Nexus: Debian with an SSH server, git, and little else. It is made on the user's machine, from what is
 * there: by `integrations/workspace-image/make-base.sh` (Debian's packages, no registry), or by the Dockerfile beside it.
 */
import { failed } from "./EngineFailure.ts"
import { packageFile } from "../../events/PackageFile.ts"

/** The number goes up with what is in it. */
export const baseImage = "nexus-base:1"

/** What to do when it is not there. Nexus itself does not make it: that takes minutes, a network and, by debootstrap, root. */
export const baseMissing = () => {
  const folder = packageFile("integrations/workspace-image")
  return failed("find the image", "image-missing", `The image ${baseImage} is not on this machine.`, {
    advice:
      `Make it once: docker build -t ${baseImage} ${folder} (from a registry), or as root on Debian ${folder}/make-base.sh (from Debian's packages). ` +
      `From another machine: docker save ${baseImage} there, docker load here. Or name an image that you have: --image NAME.`
  })
}
