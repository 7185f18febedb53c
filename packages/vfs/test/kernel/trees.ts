/** Trees as text, so that a difference can be read; and the layer that an upper directory of the kernel stands for. */

import { createOverlay, dirInode, emptySnapshot, type Inode, type Overlay, type Snapshot, walk, type Xattrs } from '@layerwright/vfs'
import { readHostTree } from '@layerwright/vfs/node'
import { getAttributeSync, listAttributesSync } from '@napi-rs/xattr'

/** A host folder as a tree, with its `user.*` attributes. */
export function readTree(folder: string): Snapshot {
  const copies = new Map<Inode, Inode>()
  const visit = (inode: Inode, path: string): Inode => {
    const known = copies.get(inode)
    if (known) return known
    const xattrs = inode.type === 'file' || inode.type === 'dir' ? userXattrs(path) : undefined
    const copy: Inode =
      inode.type === 'dir'
        ? { ...inode, xattrs, entries: new Map([...inode.entries].map(([name, child]) => [name, visit(child, `${path}/${name}`)])) }
        : { ...inode, xattrs }
    copies.set(inode, copy)
    return copy
  }
  return visit(readHostTree(folder, { owner: 'keep' }), folder) as Snapshot
}

function userXattrs(path: string): Xattrs | undefined {
  const names = listAttributesSync(path).filter((name) => /^user\./.test(name))
  return names.length === 0 ? undefined : new Map(names.map((name) => [name, new Uint8Array(getAttributeSync(path, name)!)]))
}

/** Everything that can be seen of a tree, without times and numbers. */
export function describeTree(tree: Snapshot): Map<string, string> {
  const out = new Map<string, string>()
  for (const { path, inode } of walk(tree)) out.set(path, describeInode(inode))
  return out
}

export function describeInode(inode: Inode): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const xattrs = [...(inode.xattrs ?? [])].map(([name, value]) => ` ${name}=${hex(value)}`).sort()
  const common = `${inode.type} ${inode.mode.toString(8)} ${inode.uid}:${inode.gid}${xattrs.join('')}`
  if (inode.type === 'symlink') return `${common} -> ${inode.target}`
  if (inode.type !== 'file') return common
  const bytes = new Uint8Array(inode.content.size)
  inode.content.readInto!(bytes, 0)
  return `${common} ${hex(bytes)}`
}

/** Names of each hard-linked group. Whiteouts (which the kernel links to one another) are not among them. */
export function linkGroups(tree: Snapshot): string[] {
  const groups = new Map<Inode, string[]>()
  for (const { path, inode } of walk(tree))
    if (inode.type !== 'dir' && inode.type !== 'char') groups.set(inode, [...(groups.get(inode) ?? []), path])
  return [...groups.values()].filter((names) => names.length > 1).map((names) => names.join(' = '))
}

const isWhiteout = (inode: Inode): boolean => inode.type === 'char' && inode.major === 0 && inode.minor === 0

/**
 * The layer that an upper directory stands for, as whoever packs one reads it: device 0:0 is a whiteout, a directory with `trusted.overlay.opaque`
 * hides everything that lies below it in the lower. Nothing but the upper directory and the lower tree is looked at.
 */
export function kernelLayer(lower: Snapshot, upperDir: string): string[] {
  const lines: string[] = []
  const visit = (upper: Snapshot, below: Snapshot | undefined, opaque: boolean, prefix: string): void => {
    for (const [name, inode] of upper.entries) {
      const path = prefix + name
      if (isWhiteout(inode)) {
        lines.push(`${path} gone`)
        continue
      }
      lines.push(`${path} ${describeInode(inode)}`)
      if (inode.type !== 'dir') continue
      const lowerDir = below?.entries.get(name)
      const hides = opaque || String(getAttributeSync(`${upperDir}/${path}`, 'trusted.overlay.opaque') ?? '') === 'y'
      visit(inode, lowerDir?.type === 'dir' ? lowerDir : undefined, hides, `${path}/`)
    }
    if (opaque) for (const name of below?.entries.keys() ?? []) if (!upper.entries.has(name)) lines.push(`${prefix}${name} gone`)
  }
  visit(readTree(upperDir), lower, false, '')
  return lines.sort()
}

export const ourLayer = (overlay: Overlay): string[] =>
  overlay
    .changes()
    .map(({ path, inode }) => `${path} ${inode ? describeInode(inode) : 'gone'}`)
    .sort()

/** The upper inodes as a tree, to look for links among them only: links of the lower show as what they were there. */
export function upperOf(overlay: Overlay): Snapshot {
  const upper = createOverlay(emptySnapshot())
  const groups = new Map<Inode, string>()
  for (const { path, inode } of overlay.changes()) {
    if (!inode) continue
    if (inode.type === 'dir') upper.mkdir(`/${path}`, { recursive: true })
    else if (groups.has(inode)) upper.link(`/${groups.get(inode)}`, `/${path}`)
    else {
      upper.writeFile(`/${path}`, '')
      groups.set(inode, path)
    }
  }
  return dirInode(upper.freeze().entries)
}
