import { type FileSystem, type FileType, isFsError, limits, type Stat, type Xattrs } from '@layerwright/vfs'
import type { FileAccess } from './types.js'

type FileKind = Exclude<FileAccess['kind'], 'env' | 'untraced'>

/**
 * A filesystem that tells what is looked at through it. Every name that a path goes through is told as a `lookup` under its real path, links and parents
 * too; what is asked of the end of a path under its own kind. A change tells of what it depends on: a file that is appended to was read, a directory
 * that is renamed takes its whole tree with it. Each look is told once.
 */
export function tracedFiles(files: FileSystem, tell: (access: FileAccess) => void): FileSystem {
  const { say, real, lstat, changed, forget } = pathTeller(files, tell)
  const look = (kind: FileKind, path: string, follow = true): void => say(kind, real(path, follow))
  const name = (path: string): string => real(path, false)
  /** Files whose old bytes are gone since this run wrote them anew. What comes to lie there later, by a rename or a link, is told then. */
  const emptied = new Set<string>()
  const overwrite = (path: string, follow = true): void => {
    emptied.add(real(path, follow))
  }
  const amend = (path: string): void => {
    const place = real(path, true)
    if (!emptied.has(place)) say('read', place)
  }

  return {
    stat(path) {
      const place = real(path, true)
      return new TracedStat(files.stat(path), place, say)
    },
    lstat(path) {
      const place = name(path)
      return new TracedStat(lstat(path, place), place, say)
    },
    exists(path) {
      real(path, true)
      return files.exists(path)
    },
    realpath(path) {
      real(path, true)
      return files.realpath(path)
    },
    readlink(path) {
      name(path)
      return files.readlink(path)
    },
    readdir(path) {
      look('readdir', path)
      return files.readdir(path)
    },
    open(path) {
      look('read', path)
      return files.open(path)
    },
    readFile(path) {
      look('read', path)
      return files.readFile(path)
    },
    writeFile(path, data, options) {
      changed()
      if (options?.flag === 'a') amend(path)
      else overwrite(path, options?.flag !== 'wx')
      files.writeFile(path, data, options)
    },
    writeAt(path, offset, data) {
      changed()
      amend(path)
      files.writeAt(path, offset, data)
    },
    truncate(path, size) {
      changed()
      if (size === 0) overwrite(path)
      else amend(path)
      files.truncate(path, size)
    },
    mkdir(path, options) {
      changed()
      real(path, options?.recursive ?? false)
      files.mkdir(path, options)
    },
    rmdir(path) {
      changed()
      look('readdir', path, false)
      files.rmdir(path)
    },
    unlink(path) {
      name(path)
      forget()
      files.unlink(path)
    },
    rm(path, options) {
      look('tree', path, false)
      forget()
      files.rm(path, options)
    },
    rename(from, to) {
      look('tree', from, false)
      look('readdir', to, false)
      forget()
      files.rename(from, to)
    },
    link(existing, path) {
      look('read', existing, false)
      name(path)
      forget()
      files.link(existing, path)
    },
    symlink(target, path) {
      name(path)
      forget()
      files.symlink(target, path)
    },
    mknod(path, node) {
      changed()
      name(path)
      files.mknod(path, node)
    },
    // What they change is changed as a whole: whoever keeps the changes compares what was there.
    chmod(path, mode) {
      real(path, true)
      files.chmod(path, mode)
    },
    chown(path, uid, gid, options) {
      real(path, !options?.nofollow)
      files.chown(path, uid, gid, options)
    },
    utimes(path, mtimeNs, options) {
      real(path, !options?.nofollow)
      files.utimes(path, mtimeNs, options)
    },
    setxattr(path, attribute, value, options) {
      real(path, !options?.nofollow)
      files.setxattr(path, attribute, value, options)
    },
    removexattr(path, attribute, options) {
      real(path, !options?.nofollow)
      files.removexattr(path, attribute, options)
    },
  }
}

/** Walks paths as the filesystem does, and tells each name on the way. */
function pathTeller(files: FileSystem, tell: (access: FileAccess) => void) {
  /** For each path the kinds that were told, as bits. */
  const told = new Map<string, number>()
  /** Real paths of directories by the name they were reached by, as long as no link can have come or gone. */
  const folders = new Map<string, string>()
  /** What lay at the place that was looked at last: who asks for a name itself mostly asks next for what it leads to. */
  let last: { readonly place: string; readonly type: FileType | undefined } | undefined

  const say = (kind: FileKind, path: string): void => {
    const bits = told.get(path) ?? 0
    if ((bits & BITS[kind]) !== 0) return
    told.set(path, bits | BITS[kind])
    tell({ kind, path })
  }

  const lstat = (path: string, place: string): Stat => {
    last = undefined
    try {
      const stat = files.lstat(path)
      last = { place, type: stat.type }
      return stat
    } catch (error) {
      if (isFsError(error)) last = { place, type: undefined }
      throw error
    }
  }

  const typeAt = (place: string): FileType | undefined => {
    if (last?.place === place) return last.type
    try {
      return lstat(place, place).type
    } catch (error) {
      if (isFsError(error)) return undefined
      throw error
    }
  }
  const linkAt = (place: string): string | undefined => (typeAt(place) === 'symlink' ? files.readlink(place) : undefined)

  /** What is missing has no links: the rest of such a path is taken as it stands. */
  const walk = (path: string, follow: boolean): string => {
    const todo = parts(path).reverse()
    const slash = path.endsWith('/')
    let place = ''
    let links = 0
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (part === '..') {
        place = place.slice(0, Math.max(place.lastIndexOf('/'), 0))
        continue
      }
      const next = `${place}/${part}`
      say('lookup', next)
      const target = todo.length > 0 || follow || slash ? linkAt(next) : undefined
      if (target === undefined || links >= limits.symlinks) {
        place = next
        continue
      }
      links++
      if (target[0] === '/') place = ''
      todo.push(...parts(target).reverse())
    }
    return place || '/'
  }

  const real = (path: string, follow: boolean): string => {
    const cut = path.lastIndexOf('/')
    const end = path.slice(cut + 1)
    if (cut < 1 || end === '' || end === '.' || end === '..') return walk(path, follow)
    const name = path.slice(0, cut)
    let folder = folders.get(name)
    if (folder === undefined) {
      folder = walk(name, true)
      folders.set(name, folder)
    }
    const place = folder === '/' ? `/${end}` : `${folder}/${end}`
    say('lookup', place)
    const target = follow ? linkAt(place) : undefined
    return target === undefined ? place : walk(target[0] === '/' ? target : `${folder}/${target}`, true)
  }

  /** Something was made or written. */
  const changed = (): void => {
    last = undefined
  }
  /** A link may have come or gone. */
  const forget = (): void => {
    last = undefined
    folders.clear()
  }
  return { say, real, lstat, changed, forget }
}

const BITS: Readonly<Record<FileKind, number>> = { lookup: 1, mode: 2, stat: 4, read: 8, readdir: 16, tree: 32 }

const parts = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.')

/** Attributes are told when somebody reads them: most callers want the type alone. */
class TracedStat implements Stat {
  readonly type: FileType
  readonly dev: number
  readonly major: number | undefined
  readonly minor: number | undefined
  readonly #stat: Stat
  readonly #place: string
  readonly #say: (kind: FileKind, path: string) => void

  constructor(stat: Stat, place: string, say: (kind: FileKind, path: string) => void) {
    this.type = stat.type
    this.dev = stat.dev
    this.major = stat.major
    this.minor = stat.minor
    this.#stat = stat
    this.#place = place
    this.#say = say
  }

  #owner(): Stat {
    this.#say('mode', this.#place)
    return this.#stat
  }
  #rest(): Stat {
    this.#say('stat', this.#place)
    return this.#stat
  }
  get mode(): number {
    return this.#owner().mode
  }
  get uid(): number {
    return this.#owner().uid
  }
  get gid(): number {
    return this.#owner().gid
  }
  get xattrs(): Xattrs | undefined {
    return this.#owner().xattrs
  }
  get mtimeNs(): bigint {
    return this.#rest().mtimeNs
  }
  get size(): number {
    return this.#rest().size
  }
  get nlink(): number {
    return this.#rest().nlink
  }
  get ino(): number {
    return this.#rest().ino
  }
}
