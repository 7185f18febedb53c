import { createMatcher, createWalkFilter, type WalkState } from '@layerwright/dockerignore'
import type { DirInode, Inode } from '@layerwright/vfs'

/**
 * A directory without what `--exclude` names. Patterns mean what they mean in an ignore file, relative to this directory. A directory that is
 * emptied this way stays.
 */
export function excludeFrom(dir: DirInode, patterns: readonly string[]): DirInode {
  if (patterns.length === 0) return dir
  const filter = createWalkFilter(patterns)
  const visit = (inode: DirInode, prefix: string, parent: WalkState): DirInode => {
    const entries = new Map<string, Inode>()
    let same = true
    for (const [name, child] of inode.entries) {
      const path = prefix ? `${prefix}/${name}` : name
      const { keep, descend, state } = filter.visit(path, child.type === 'dir', parent)
      let kept: Inode | undefined = keep ? child : undefined
      if (child.type === 'dir' && (keep || descend)) {
        const pruned = visit(child, path, state)
        if (keep || pruned.entries.size > 0) kept = pruned
      }
      if (kept) entries.set(name, kept)
      if (kept !== child) same = false
    }
    return same ? inode : { ...inode, entries }
  }
  return visit(dir, '', filter.root)
}

/** For `--parents`: a directory with only what a pattern names, and the directories on the way there. `found` tells whether it named anything. */
export function includeOnly(dir: DirInode, pattern: string): { readonly dir: DirInode; readonly found: boolean } {
  if (pattern === '') return { dir, found: true }
  const matcher = createMatcher([pattern])
  const visit = (inode: DirInode, prefix: string): DirInode => {
    const entries = new Map<string, Inode>()
    for (const [name, child] of inode.entries) {
      const path = prefix ? `${prefix}/${name}` : name
      if (matcher.ignores(path)) entries.set(name, child)
      else if (child.type === 'dir') {
        const below = visit(child, path)
        if (below.entries.size > 0) entries.set(name, below)
      }
    }
    return { ...inode, entries }
  }
  const only = visit(dir, '')
  return { dir: only, found: only.entries.size > 0 }
}
