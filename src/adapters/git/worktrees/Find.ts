/** What there is of a site: git's entry, the folder, and whether one leads to the other. */
import { lstatSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Site, SiteState } from "../../../app/ports/Worktrees.ts"
import type { Layout } from "../Layout.ts"
import { type Admin, adminOf, adminsOf, isSamePlace, pointerOf } from "./Admin.ts"

/** What begins the name of a folder that is being deleted. */
export const removing = ".removing-"

export interface Found {
  readonly worktree: SiteState["worktree"]
  readonly movedTo?: string
  /** The entry that is ours; for a pruned one undefined. */
  readonly admin: Admin | undefined
}

export const find = (layout: Layout, site: Site): Found => {
  const admin = adminOf(layout.commonDir, site) ?? unlocked(layout, site)
  const stat = lstatSync(site.folder, { throwIfNoEntry: false })
  if (stat === undefined) {
    const movedTo = admin === undefined ? undefined : elsewhere(site, admin)
    return movedTo === undefined ? { worktree: "missing", admin } : { worktree: "moved", movedTo, admin }
  }
  if (!stat.isDirectory()) return { worktree: "foreign", admin }
  const pointer = pointerOf(site.folder)
  const isOfThisClone = pointer !== undefined && isSamePlace(dirname(pointer), join(layout.commonDir, "worktrees"))
  if (pointer === undefined) {
    // Only the tie is gone, unless something else is there in its place.
    const hasOther = lstatSync(join(site.folder, ".git"), { throwIfNoEntry: false }) !== undefined
    return { worktree: hasOther || admin === undefined ? "foreign" : "pruned", admin }
  }
  if (admin !== undefined && isSamePlace(pointer, admin.path))
    return { worktree: isSamePlace(admin.folder, site.folder) ? "sound" : "pruned", admin }
  const isAnothers = !isOfThisClone || lstatSync(pointer, { throwIfNoEntry: false }) !== undefined
  return { worktree: isAnothers ? "foreign" : "pruned", admin }
}

/** Somebody took the lock off; the entry is still this folder's. A lock of another's says that it is not ours. */
const unlocked = (layout: Layout, site: Site): Admin | undefined =>
  adminsOf(layout.commonDir).find(
    ({ folder, lock, path }) =>
      lock?.startsWith("nexus:") !== true && folder === site.folder && isSamePlace(pointerOf(site.folder) ?? "", path)
  )

/** Where git knows it, or a folder beside it that leads to our entry. */
const elsewhere = (site: Site, admin: Admin): string | undefined => {
  const beside = (() => {
    try {
      const names = readdirSync(dirname(site.folder)).filter((name) => !name.startsWith(removing))
      return names.map((name) => join(dirname(site.folder), name))
    } catch {
      return []
    }
  })()
  return [admin.folder, ...beside].find(
    (folder) => folder !== site.folder && isSamePlace(pointerOf(folder) ?? "", admin.path)
  )
}
