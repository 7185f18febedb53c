import { createMatcher, createWalkFilter, type WalkState } from '@layerwright/dockerignore'
import type { DirInode, Inode } from '@layerwright/vfs'

/** A directory with only what COPY takes of it. */
export interface Pruned {
  readonly dir: DirInode
  /**
   * Directories that are only on the way to what is taken, by their path in `dir`, with the mode that they have in their source: where one exists already it
   * gets that mode and keeps its owner.
   */
  readonly passed: ReadonlyMap<string, number>
}

const NOTHING: ReadonlyMap<string, number> = new Map()

/**
 * Takes what a pattern of `--parents` names (everything without one), and leaves out what `--exclude` names. Patterns mean what they mean in an ignore file, relative
 * to this directory. A directory that is taken stays when everything in it is left out; one that is only on the way does not.
 */
export function prune(dir: DirInode, include: string | undefined, exclude: readonly string[]): Pruned {
  if (include === undefined && exclude.length === 0) return { dir, passed: NOTHING }
  const matcher = include === undefined ? undefined : createMatcher([include])
  const filter = createWalkFilter(exclude)
  const passed = new Map<string, number>()
  const visit = (inode: DirInode, prefix: string, taken: boolean, parent: WalkState): DirInode => {
    const entries = new Map<string, Inode>()
    let same = true
    for (const [name, child] of inode.entries) {
      const path = prefix ? `${prefix}/${name}` : name
      const named = taken || matcher?.ignores(path) === true
      const { keep, descend, state } = filter.visit(path, child.type === 'dir', parent)
      let kept: Inode | undefined = named && keep ? child : undefined
      if (child.type === 'dir' && (keep || descend)) {
        const below = visit(child, path, named, state)
        if (kept || below.entries.size > 0) {
          if (!kept) passed.set(path, child.mode)
          kept = below
        }
      }
      if (kept) entries.set(name, kept)
      if (kept !== child) same = false
    }
    return same ? inode : { ...inode, entries }
  }
  const only = visit(dir, '', matcher === undefined, filter.root)
  return { dir: only, passed }
}
