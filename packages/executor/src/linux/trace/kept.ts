/**
 * Programs that a command makes, held open while it runs: what the kernel reads of one that is removed again is known afterwards all the same. The tracer is behind the command, so
 * by the time that a file is opened here another one may lie under its name. Which one was opened is not guessed: see `isCertain`.
 *
 * Files are opened below the upper folder of the command's overlay, component by component and through no link (S30), and only read.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { ReadAt } from './program.js'
import type { Body } from './tree.js'

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
/** Opens a name and nothing behind it, whatever it is (open(2)); Node has no name for it. */
const O_PATH = 0o10000000
/** Files at a time: half of what a process mostly may have open. */
const MOST_KEPT = 512

/** What was put under a name that is watched, as the trace tells it. */
interface Binding {
  readonly body: Body
  /** What lay there when it was looked at: then, or later. Undefined where nothing did. */
  readonly held: Held | undefined
}

interface Held {
  readonly fd: number
  readonly inode: string
}

export interface KeptProgram {
  readonly mode: number
  readonly read: ReadAt
}

export class KeptPrograms {
  readonly #folder: string
  /** Whether a path lies in the upper folder: not in a mount. */
  readonly #isInside: (path: string) => boolean
  readonly #names = new Map<string, Binding[]>()
  readonly #uncertain = new Set<string>()
  #open = 0

  constructor(folder: string, isInside: (path: string) => boolean) {
    this.#folder = folder
    this.#isInside = isInside
  }

  /** A file that may become a program, or is one: from now on its name is watched. */
  hold(path: string, body: Body): void {
    if (!this.#isInside(path) || this.#names.get(path)?.at(-1)?.body === body) return
    this.#names.set(path, [...(this.#names.get(path) ?? []), { body, held: this.#look(path) }])
  }

  /** Something was put under a name. */
  bound(path: string, body: Body): void {
    if (this.#names.has(path)) this.hold(path, body)
  }

  /** A directory was put under a name, or taken from there, with all that it holds. */
  moved(folder: string): void {
    for (const path of this.#names.keys()) if (`${path}/`.startsWith(`${folder}/`)) this.#uncertain.add(path) // prefix-ok: both end at a slash
  }

  get any(): boolean {
    return this.#names.size > 0
  }

  /** What is held of a file; undefined where it was gone before it could be opened, or may be another one. */
  of(body: Body): KeptProgram | undefined {
    for (const [path, bindings] of this.#names) {
      const at = bindings.findLastIndex((binding) => binding.body === body)
      const held = bindings[at]?.held
      if (!held || this.#uncertain.has(path) || !isCertain(bindings.slice(at))) continue
      const { fd } = held
      const stat = fstatSync(fd)
      if (!stat.isFile()) continue
      return { mode: stat.mode & 0o7777, read: readerOn(fd) }
    }
    return undefined
  }

  close(): void {
    for (const bindings of this.#names.values()) for (const { held } of bindings) if (held) closeSync(held.fd)
    this.#names.clear()
  }

  #look(path: string): Held | undefined {
    if (this.#open >= MOST_KEPT) return undefined
    const fd = openBelow(this.#folder, path)
    if (fd === undefined) return undefined
    this.#open++
    const { dev, ino } = fstatSync(fd, { bigint: true })
    return { fd, inode: `${dev}:${ino}` }
  }
}

/**
 * Whether the first of these bindings holds what the trace says. Each was looked at after it was made, in their order: so it shows itself or a later one, and the last shows itself.
 * Where one inode stands for one body and for no other, an earlier one that showed a later one would have to be that one. What is held open keeps its inode's number.
 */
function isCertain(bindings: readonly Binding[]): boolean {
  const inodes = new Map<Body, string>()
  const bodies = new Map<string, Body>()
  for (const { body, held } of bindings) {
    if (!held) return false
    if ((inodes.get(body) ?? held.inode) !== held.inode || (bodies.get(held.inode) ?? body) !== body) return false
    inodes.set(body, held.inode)
    bodies.set(held.inode, body)
  }
  return true
}

/** A descriptor that stands for what lies at a path below a folder, without opening it; undefined where nothing does, or a link is on the way. */
function openBelow(folder: string, path: string): number | undefined {
  const names = path.split('/').filter(Boolean)
  const last = names.pop()
  if (last === undefined || names.includes('..') || last === '..') return undefined
  let at: number | undefined
  try {
    at = openSync(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    for (const name of names) {
      const next = openSync(`/proc/self/fd/${at}/${name}`, O_PATH | O_DIRECTORY | O_NOFOLLOW)
      closeSync(at)
      at = next
    }
    return openSync(`/proc/self/fd/${at}/${last}`, O_PATH | O_NOFOLLOW)
  } catch {
    return undefined // it is gone, or none of our business
  } finally {
    if (at !== undefined) closeSync(at)
  }
}

function readerOn(held: number): ReadAt {
  return (offset, length) => {
    const fd = openSync(`/proc/self/fd/${held}`, O_RDONLY | O_NONBLOCK)
    try {
      const bytes = new Uint8Array(length)
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset))
    } finally {
      closeSync(fd)
    }
  }
}
