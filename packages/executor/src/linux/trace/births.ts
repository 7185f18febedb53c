/**
 * Who began whom. strace numbers processes as it sees them and prints what the caller of clone(2) was given, which inside of a sandbox is another number:
 * so a process that appears is matched with the calls that have no process yet. Mostly there is one, or all of them stand for the same.
 */
import type { Process, Where } from './calls.js'
import type { TreeNode } from './tree.js'
import type { Base } from './walk.js'

export interface Birth {
  readonly parentPid: number
  /** Of its parent, where they share it. */
  readonly where: Where | undefined
  /** Its parent's when it began. */
  readonly cwd: Base | undefined
  readonly exe: TreeNode | undefined
}

export class Births {
  #open: Birth[] = []
  /** Processes that were given one of `#open` without knowing which. */
  #unplaced = 0
  readonly #doubtful = new Set<Where>()

  get any(): boolean {
    return this.#open.length > 0
  }

  begin(birth: Birth): void {
    this.#open.push(birth)
  }

  /** No process came of the latest call of that parent. */
  failed(parentPid: number): void {
    const at = this.#open.findLastIndex((birth) => birth.parentPid === parentPid)
    if (at >= 0) this.#open.splice(at, 1)
    this.#settle()
  }

  /** A process that nobody has seen before. */
  take(): Process {
    const first = this.#open[0]!
    if (this.#open.every((birth) => isSame(birth, first))) {
      this.#open.shift()
      this.#settle()
      return born(first)
    }
    this.#unplaced++
    const { cwd, exe } = first
    const where: Where = { cwd: this.#open.every((birth) => birth.cwd === cwd) ? cwd : undefined, doubtful: undefined }
    const shared = this.#open.flatMap((birth) => birth.where ?? [])
    if (shared.length > 0) for (const each of [where, ...shared]) each.doubtful = this.#doubtful.add(each)
    const same = this.#open.every((birth) => birth.exe === exe)
    this.#settle()
    return { where, exe: same ? exe : undefined }
  }

  #settle(): void {
    if (this.#unplaced < this.#open.length) return
    this.#open = []
    this.#unplaced = 0
  }
}

const isSame = (a: Birth, b: Birth): boolean => a.where === b.where && a.cwd === b.cwd && a.exe === b.exe

const born = ({ where, cwd, exe }: Birth): Process => ({ where: where ?? { cwd, doubtful: undefined }, exe })
