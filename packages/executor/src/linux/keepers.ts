/** The keepers of an executor: as many as plain commands run at once. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FoundBackend } from './detect.js'
import type { Ids } from './ids.js'
import { Keeper } from './keeper.js'
import type { WrapperPrograms } from './wrapper.js'

/** Milliseconds after which one ends that has nothing to do: between two commands of a build layers are written. */
const IDLE_MS = 1000

/** A keeper for one command; end it. */
export interface Lease {
  readonly found: FoundBackend
  readonly keeper: Keeper
  end(): void
}

export class Keepers {
  readonly #folder: string
  readonly #machine: { readonly ids: Ids; readonly programs: WrapperPrograms }
  readonly #idle = new Map<FoundBackend, { readonly keeper: Keeper; readonly timer: NodeJS.Timeout }[]>()
  #work = true

  /** @param folder as `LinuxExecutorOptions.folder` */
  constructor(folder: string, machine: { readonly ids: Ids; readonly programs: WrapperPrograms }) {
    this.#folder = join(folder, 'runs')
    this.#machine = machine
  }

  /** Undefined where they do not work on this machine. */
  lease(found: FoundBackend): Lease | undefined {
    if (!this.#work) return undefined
    const keeper = this.#takeIdle(found) ?? this.#start(found)
    return { found, keeper, end: () => this.#giveBack(found, keeper) }
  }

  #takeIdle(found: FoundBackend): Keeper | undefined {
    const all = this.#idle.get(found) ?? []
    for (let idle = all.pop(); idle; idle = all.pop()) {
      clearTimeout(idle.timer)
      if (!idle.keeper.isOver) return idle.keeper
    }
    return undefined
  }

  #start({ backend, program }: FoundBackend): Keeper {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const { withoutControlGroups } = backend
    return new Keeper({ cwd: this.#folder, ...this.#machine, withoutControlGroups, runtime: backend.keptArgv(program) })
  }

  #giveBack(found: FoundBackend, keeper: Keeper): void {
    if (keeper.isUseless) this.#work = false
    if (keeper.isOver || keeper.isUseless) {
      keeper.end()
      return
    }
    const all = this.#idle.get(found) ?? []
    this.#idle.set(found, all)
    const timer = setTimeout(() => {
      all.splice(all.indexOf(idle), 1)
      keeper.end()
    }, IDLE_MS).unref()
    const idle = { keeper, timer }
    all.push(idle)
  }
}
