import type { TarEntry } from '@layerwright/layer'
import type { FileSystem, Stat } from '@layerwright/vfs'
import { join } from '../paths.js'

const LINKABLE: readonly string[] = ['file', 'fifo', 'char', 'block']

/**
 * A file or tree as members of an archive, parents first, sorted; links as links. `name` is what the topmost one is called; `.` for
 * the contents of a directory. Names of one file are hard links of the archive.
 */
export function entriesOf(fs: FileSystem, path: string, name: string): TarEntry[] {
  const entries: TarEntry[] = []
  const first = new Map<string, string>()
  const visit = (at: string, called: string): void => {
    const stat = fs.lstat(at)
    const inode = `${stat.dev}:${stat.ino}`
    const link = stat.nlink > 1 && LINKABLE.includes(stat.type) ? first.get(inode) : undefined
    entries.push(entryOf(fs, at, called, stat, link))
    if (stat.type === 'dir')
      for (const child of fs.readdir(at)) visit(join(at, child.name), called === '.' ? child.name : join(called, child.name))
    else if (link === undefined) first.set(inode, called)
  }
  visit(path, name)
  return entries
}

function entryOf(fs: FileSystem, path: string, name: string, stat: Stat, link: string | undefined): TarEntry {
  const { type, mode, uid, gid, mtimeNs, xattrs, major = 0, minor = 0 } = stat
  const common = { name, mode, uid, gid, mtimeNs, major, minor, xattrs }
  if (link !== undefined) return { ...common, kind: 'hardlink', linkName: link, content: undefined }
  if (type === 'symlink') return { ...common, kind: type, linkName: fs.readlink(path), content: undefined }
  return { ...common, kind: type, linkName: '', content: type === 'file' ? fs.open(path) : undefined }
}

/** The same members with the topmost name replaced. */
export function renameTop(entries: readonly TarEntry[], from: string, to: string): TarEntry[] {
  if (from === to) return [...entries]
  const rename = (name: string): string => {
    if (from === '.') return name === '.' ? to : to === '.' ? name : join(to, name)
    const rest = name.slice(from.length + 1)
    return rest === '' ? to : to === '.' ? rest : join(to, rest)
  }
  return entries.map((entry) => ({
    ...entry,
    name: rename(entry.name),
    ...(entry.kind === 'hardlink' ? { linkName: rename(entry.linkName) } : {}),
  }))
}
