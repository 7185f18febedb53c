/** Loads the pieces that the bundler made of the program: each file is a script, an object of functions by the names of pieces. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import { type CodeCache, openCodeCache } from './code-cache.js'
import { lazyRequire } from './lazy-require.js'

type Piece = (exports: object, require: Require, module: Module, later: (name: string) => Promise<object>) => void

interface Module {
  exports: object
  /** What `import.meta.url` is in a module of ECMAScript. */
  readonly url: string
}

type Require = (name: string) => unknown

/** Where a program begins. */
export interface Program {
  readonly file: string
  readonly entry: string
}

export interface Loaded<T> {
  readonly exports: T
  /** Keeps what was compiled for the next run. */
  keep(): void
}

/** @param dir where the pieces lie @param command whose code is kept together */
export function loadProgram<T>(dir: string, { file, entry }: Program, command: string | undefined): Loaded<T> {
  const cache: CodeCache = openCodeCache(command, file)
  const nodeRequire = lazyRequire(join(dir, file))
  const known = new Map<string, Piece>()
  const loaded = new Map<string, Module>()

  const evaluate = (name: string) => {
    const filename = join(dir, name)
    // One byte for each character: the bundler writes nothing beyond ASCII.
    const text = readFileSync(filename, 'latin1')
    const cachedData = cache.get(name)
    const script = new Script(text, { filename, ...(cachedData ? { cachedData } : {}) })
    cache.used(name, script)
    const pieces = script.runInThisContext() as Readonly<Record<string, Piece>>
    for (const [id, piece] of Object.entries(pieces)) known.set(id, piece)
  }

  const load = (id: string, from = id): object => {
    const there = loaded.get(id)
    if (there) return there.exports
    if (!known.has(id)) evaluate(from)
    const module: Module = {
      exports: {},
      get url() {
        return pathToFileURL(join(dir, from)).href
      },
    }
    loaded.set(id, module)
    known.get(id)!(module.exports, require, module, later)
    return module.exports
  }
  const require: Require = (name) => (isPiece(name) ? load(name.slice(2)) : nodeRequire(name))
  // What is not in the bundle Node imports: a script of its own has no `import()`.
  const later = async (name: string): Promise<object> => (isPiece(name) ? load(name.slice(2)) : import(name))

  return { exports: load(entry, file) as T, keep: () => cache.keep() }
}

const isPiece = (name: string): boolean => name.startsWith('./') // prefix-ok: how the bundler writes the name of a piece
