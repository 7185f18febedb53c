import { type Inode, type LayerChange, linkCounts, type Snapshot, sameContent, sameXattrs } from '@layerwright/vfs'

/**
 * Changes without what was only written again: a file whose bytes and attributes, its time among them, are the lower tree's; a directory of which only
 * the time is another. The reference's differ leaves these out, and so a `COPY . .` behind a `COPY package.json` does not carry that file twice.
 * A directory stays where something below it stays, because a layer alone has to give it its attributes.
 *
 * Names of hard links are kept as they are: which names are one file is a property of the group, not of an entry.
 */
export async function withoutUnchanged(lower: Snapshot, changes: readonly LayerChange[]): Promise<readonly LayerChange[]> {
  if (lower.entries.size === 0) return changes
  const kept: LayerChange[] = []
  const needed = new Set<string>()
  let lastNeeded = ''
  const before = finder(lower)
  const isLinked = links(changes)
  // Children before their directories.
  for (let i = changes.length - 1; i >= 0; i--) {
    const change = changes[i]!
    const { path, inode } = change
    // Most of a layer is new: what takes long is for what is not.
    const there = inode !== null && !needed.has(path) ? before(path) : undefined
    if (inode && there && (change.repeated || (!isLinked(inode) && (await isUnchanged(lower, there, inode))))) continue
    kept.push(change)
    const cut = path.lastIndexOf('/')
    // Neighbours need the same directory. prefix-ok: the length makes it the same text
    if (cut < 0 || (cut === lastNeeded.length && path.startsWith(lastNeeded))) continue
    lastNeeded = path.slice(0, cut)
    needed.add(lastNeeded)
  }
  return kept.length === changes.length ? changes : kept.reverse()
}

/** Which files have several names in the changes. */
function links(changes: readonly LayerChange[]): (inode: Inode) => boolean {
  let counts: Map<Inode, number> | undefined
  return (inode) => {
    if (inode.type === 'dir') return false
    if (!counts) {
      counts = new Map()
      for (const { inode: each } of changes) if (each) counts.set(each, (counts.get(each) ?? 0) + 1)
    }
    return counts.get(inode) !== 1
  }
}

async function isUnchanged(lower: Snapshot, before: Inode, inode: Inode): Promise<boolean> {
  if (before.type !== inode.type || before.mode !== inode.mode || before.uid !== inode.uid || before.gid !== inode.gid) return false
  if (!sameXattrs(before.xattrs, inode.xattrs)) return false
  if (inode.type === 'dir') return true
  if (before.mtimeNs !== inode.mtimeNs || linkCounts(lower).has(before)) return false
  if (inode.type === 'file') return before.type === 'file' && sameContent(before.content, inode.content)
  if (inode.type === 'symlink') return before.type === 'symlink' && before.target === inode.target
  // A device or a pipe that was made again is too rare to be worth a rule.
  return false
}

/** What lies at a path of a layer: links on the way are not followed, as no layer's paths are. Neighbours share the way to their directory. */
function finder(root: Snapshot): (path: string) => Inode | undefined {
  let parent = ''
  let dir: Inode | undefined = root
  return (path) => {
    const cut = path.lastIndexOf('/')
    const wanted = path.slice(0, Math.max(cut, 0))
    if (wanted !== parent) {
      parent = wanted
      dir = root
      for (const part of wanted.split('/')) dir = dir?.type === 'dir' ? dir.entries.get(part) : undefined
    }
    return dir?.type === 'dir' ? dir.entries.get(path.slice(cut + 1)) : undefined
  }
}
