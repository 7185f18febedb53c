import { type FileSystem, isFsError, limits, type Stat } from '@layerwright/vfs'
import type { FileAccess } from './types.js'

type FileKind = Exclude<FileAccess['kind'], 'env' | 'untraced'>

/**
 * A filesystem that tells what is looked at through it. Every name that a path goes through is told as a `lookup` under its real path, links and parents
 * too; what is asked of the end of a path under its own kind. A change tells of what it depends on: a file that is appended to was read, a directory
 * that is renamed takes its whole tree with it. Each look is told once.
 */
export function tracedFiles(files: FileSystem, tell: (access: FileAccess) => void): FileSystem {
  const { say, real, forget } = pathTeller(files, tell)
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
      return tracedStat(
        files.stat(path),
        () => say('mode', place),
        () => say('stat', place),
      )
    },
    lstat(path) {
      const place = name(path)
      return tracedStat(
        files.lstat(path),
        () => say('mode', place),
        () => say('stat', place),
      )
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
      if (options?.flag === 'a') amend(path)
      else overwrite(path, options?.flag !== 'wx')
      files.writeFile(path, data, options)
    },
    writeAt(path, offset, data) {
      amend(path)
      files.writeAt(path, offset, data)
    },
    truncate(path, size) {
      if (size === 0) overwrite(path)
      else amend(path)
      files.truncate(path, size)
    },
    mkdir(path, options) {
      real(path, options?.recursive ?? false)
      files.mkdir(path, options)
    },
    rmdir(path) {
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
  const told = new Set<string>()
  /** Real paths of directories by the name they were reached by, as long as no link can have come or gone. */
  const folders = new Map<string, string>()

  const say = (kind: FileKind, path: string): void => {
    const look = `${kind} ${path}`
    if (told.has(look)) return
    told.add(look)
    tell({ kind, path })
  }

  const linkAt = (path: string): string | undefined => {
    try {
      return files.lstat(path).type === 'symlink' ? files.readlink(path) : undefined
    } catch (error) {
      if (isFsError(error)) return undefined
      throw error
    }
  }

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
    const last = path.slice(cut + 1)
    if (cut < 1 || last === '' || last === '.' || last === '..') return walk(path, follow)
    const name = path.slice(0, cut)
    const folder = folders.get(name) ?? walk(name, true)
    folders.set(name, folder)
    const place = folder === '/' ? `/${last}` : `${folder}/${last}`
    say('lookup', place)
    const target = follow ? linkAt(place) : undefined
    return target === undefined ? place : walk(target[0] === '/' ? target : `${folder}/${target}`, true)
  }

  return { say, real, forget: () => folders.clear() }
}

const parts = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.')

/** Attributes are told when somebody reads them: most callers want the type alone. */
const tracedStat = (stat: Stat, owner: () => void, rest: () => void): Stat => ({
  type: stat.type,
  dev: stat.dev,
  major: stat.major,
  minor: stat.minor,
  get mode() {
    owner()
    return stat.mode
  },
  get uid() {
    owner()
    return stat.uid
  },
  get gid() {
    owner()
    return stat.gid
  },
  get xattrs() {
    owner()
    return stat.xattrs
  },
  get mtimeNs() {
    rest()
    return stat.mtimeNs
  },
  get size() {
    rest()
    return stat.size
  },
  get nlink() {
    rest()
    return stat.nlink
  },
  get ino() {
    rest()
    return stat.ino
  },
})
