/** Paths of a command as the kernel goes through them: every name on the way is looked at. */
import { limits } from '@layerwright/vfs'
import type { FileAccess } from '../../types.js'
import { TreeNode } from './tree.js'

/** What was done cannot be followed; `message` completes "it cannot be traced: …". */
export class Lost extends Error {}

type Kind = Exclude<FileAccess['kind'], 'env' | 'untraced'>
export type Tell = (kind: Kind, origin: string) => void

/** A directory that paths are relative to; a text names one of the kernel's. */
export type Base = TreeNode | string

export interface Found {
  /** The directory of the last name; undefined where the way ended before. */
  readonly dir?: TreeNode | undefined
  readonly name?: string | undefined
  readonly node?: TreeNode | undefined
  /** It lies where the kernel decides what there is. */
  readonly unknown?: true
}

/** Who asks: `/proc/self` leads there. */
export interface Asking {
  readonly cwd: Base | undefined
  readonly exe: TreeNode | undefined
}

export interface WalkOptions {
  readonly follow: boolean
  readonly asking?: Asking | undefined
}

const NOWHERE: Found = {}
const UNKNOWN: Found = { unknown: true }
/** In a process' folder of /proc: what leads back into the tree. */
const DOORS = new Set(['cwd', 'root', 'exe', 'fd', 'map_files', 'task', 'ns'])

export class Walker {
  readonly root: TreeNode
  readonly #tell: Tell

  constructor(root: TreeNode, tell: Tell) {
    this.root = root
    this.#tell = tell
  }

  /** What lies at a real path: names that the kernel itself has said. Nothing is told. */
  locate(path: string): Base {
    const found = new Walker(this.root, () => undefined).find(this.root, path, { follow: false })
    if (found.unknown) return path
    if (!found.node) throw new Lost(`it was in ${path}, which is not known`)
    return found.node
  }

  /** Goes through a path. Searching a directory takes permission, so what is there is told with its mode. */
  find(base: Base | undefined, path: string, { follow, asking }: WalkOptions): Found {
    if (path === '') return NOWHERE
    if (!path.startsWith('/')) {
      if (base === undefined) throw new Lost('a relative path of a process whose directory is not known')
      if (typeof base === 'string') return this.find(this.root, `${base}/${path}`, { follow, asking })
    }
    const slash = path.endsWith('/')
    const pending = parts(path).reverse()
    // type-ok: a text was handled above
    let here = path.startsWith('/') ? this.root : (base as TreeNode)
    this.#look(here)
    let links = 0
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (here.type !== 'dir') return NOWHERE
      if (name === '..') {
        if (!here.parent && here !== this.root) throw new Lost('it left a directory that had been removed')
        here = here.parent ?? here
        this.#look(here)
        continue
      }
      const last = pending.length === 0
      const next = here.child(name)
      if (!next) {
        if (here.unknown) {
          const led = this.#kernel(here, [name, ...pending.reverse()], follow || slash, asking)
          if (!('to' in led)) return led
          here = led.to
          pending.splice(0, pending.length, ...led.rest.reverse())
          if (pending.length === 0) return { dir: here.parent, name: here.name, node: here }
          continue
        }
        const origin = here.originOf(name)
        if (origin !== undefined) this.#tell('lookup', origin)
        return last ? { dir: here, name } : NOWHERE
      }
      this.#look(next)
      if (next.type !== 'symlink' || (last && !follow && !slash)) {
        if (last) return slash && next.type !== 'dir' ? NOWHERE : { dir: here, name, node: next }
        here = next
        continue
      }
      if (++links > limits.symlinks) return NOWHERE
      const target = next.target ?? ''
      if (target.startsWith('/')) here = this.root
      pending.push(...parts(target).reverse())
      if (pending.length === 0) return { dir: here.parent, name: here.name, node: here }
    }
    return { dir: here.parent, name: undefined, node: here }
  }

  #look({ origin }: TreeNode): void {
    if (origin !== undefined) this.#tell('mode', origin)
  }

  /** Goes on in a filesystem of the kernel: either out of it by one of its doors, or nowhere that is in the tree. */
  #kernel(here: TreeNode, names: readonly string[], follow: boolean, asking: Asking | undefined): Found | { to: TreeNode; rest: string[] } {
    if (here.unknown === 'host') throw new Lost('it used a folder of this machine')
    if (names.length === 1 && here.parent === this.root && here.name !== 'proc' && !STANDARD.has(names[0]!))
      return { dir: here, name: names[0], unknown: true }
    if (names.includes('..')) throw new Lost(`a path through /${here.name} that goes back`)
    const process = here.name === 'proc' ? names : here.name === 'dev' && names[0] === 'fd' ? ['self', ...names] : []
    const [who = '', door = '', ...rest] = process
    if (!DOORS.has(door) || !(/^\d+$/.test(who) || who === 'self' || who === 'thread-self')) return UNKNOWN
    // What a descriptor leads to was told when it was opened. A link that is only read says nothing else.
    if (door === 'fd' && rest.length <= 1) return UNKNOWN
    if (
      rest.length === 0 &&
      (!follow || door === 'exe' || door === 'ns' || door === 'map_files' || door === 'task') &&
      !(who === 'self' && door === 'exe')
    )
      return UNKNOWN
    if (who === 'self' && door === 'root') return { to: this.root, rest }
    if (who === 'self' && door === 'exe' && rest.length === 0) return asking?.exe && follow ? { to: asking.exe, rest } : UNKNOWN
    if (who === 'self' && door === 'cwd' && asking?.cwd instanceof TreeNode) return { to: asking.cwd, rest }
    if (door === 'ns' || (door === 'task' && !rest.some((name) => DOORS.has(name)))) return UNKNOWN
    throw new Lost(`a path through /proc/${who}/${door}`)
  }
}

/** Names in /dev that are links to descriptors. */
const STANDARD = new Set(['fd', 'stdin', 'stdout', 'stderr'])

const parts = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.')

/** Each thing is told once. */
export function telling(onAccess: (access: FileAccess) => void): Tell {
  const told = new Set<string>()
  return (kind, origin) => {
    const path = origin === '' ? '/' : origin
    const key = `${kind} ${path}`
    if (told.has(key)) return
    told.add(key)
    onAccess({ kind, path })
  }
}
