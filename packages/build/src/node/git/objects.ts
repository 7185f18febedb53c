import type { ChildProcess } from 'node:child_process'
import { GitError } from '../errors.js'
import { startGit } from './run.js'

/** An idle reader ends itself after this many milliseconds; the next read starts another. */
const IDLE_MS = 500

/** Reads objects of a repository one after the other through one `git cat-file --batch`. It never keeps a process alive: an idle one is let go. */
export class GitObjects {
  readonly #dir: string
  #child: ChildProcess | undefined
  #source: AsyncIterator<Uint8Array> | undefined
  #rest: Uint8Array = new Uint8Array(0)
  #turn: Promise<void> = Promise.resolve()
  #idle: NodeJS.Timeout | undefined

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Streams a blob by its object id. Reads wait for each other; one that is left early is read to its end for the next. */
  async *blob(id: string): AsyncGenerator<Uint8Array> {
    const before = this.#turn
    let done = () => {}
    this.#turn = new Promise((resolve) => {
      done = resolve
    })
    await before
    clearTimeout(this.#idle)
    let left = 0
    try {
      this.#start().stdin?.write(`${id}\n`)
      left = sizeOf(await this.#line(), id)
      while (left > 0) {
        const chunk = await this.#take(left)
        left -= chunk.length
        yield chunk
      }
    } finally {
      try {
        while (left > 0) left -= (await this.#take(left)).length
        await this.#take(1) // the line feed behind an object
      } catch {
        this.close()
      }
      this.#idle = setTimeout(() => this.close(), IDLE_MS).unref()
      done()
    }
  }

  close(): void {
    clearTimeout(this.#idle)
    this.#child?.stdin?.end()
    this.#child?.kill()
    this.#child = undefined
    this.#source = undefined
    this.#rest = new Uint8Array(0)
  }

  #start(): ChildProcess {
    if (!this.#child) {
      this.#child = startGit(this.#dir, ['cat-file', '--batch'], 'pipe')
      this.#child.on('error', () => {})
      this.#child.stdin?.on('error', () => {}) // the end of stdout says that it died
      this.#child.stderr?.resume()
      this.#source = (this.#child.stdout as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    }
    return this.#child
  }

  async #fill(): Promise<void> {
    const next = await this.#source?.next()
    if (!next || next.done) throw new GitError('git cat-file ended early: is the repository damaged?')
    this.#rest = next.value
  }

  /** Some bytes, at most `limit`. */
  async #take(limit: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) await this.#fill()
    const chunk = this.#rest.subarray(0, limit)
    this.#rest = this.#rest.subarray(chunk.length)
    return chunk
  }

  async #line(): Promise<string> {
    let line = ''
    for (;;) {
      const char = String.fromCharCode((await this.#take(1))[0]!)
      if (char === '\n') return line
      line += char
    }
  }
}

function sizeOf(header: string, id: string): number {
  const match = /^[0-9a-f]+ blob (\d+)$/.exec(header)
  if (!match) throw new GitError(`object ${id}: ${header}`)
  return Number(match[1])
}
