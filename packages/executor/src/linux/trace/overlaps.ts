/**
 * Calls that ran at the same time. Of these a trace tells when each began and ended, and not which came first: what a call looks at is told for the tree
 * before and after each change that went on beside it, and a result that does not fit yet may fit once that change is known to have been made.
 */
import { type Call, changesNames, fits, type Looked, look, type Result } from './calls.js'
import { apply } from './effects.js'
import { Lost, type Tell, type Walker } from './walk.js'

/** A call that has not ended. */
export interface Begun {
  readonly pid: number
  readonly name: string
  readonly text: string
  /** What it does with paths; undefined where it takes none. */
  readonly call: Call | undefined
  /** What it found at different times. */
  readonly seen: Looked[]
  /** How many calls had ended when it began. */
  readonly since: number
}

interface Unsettled {
  readonly call: Call
  readonly result: Result
  readonly beside: ReadonlySet<Begun>
}

/** Calls that are held because a change went on beside them. */
const MOST_HELD = 20_000

export class Overlaps {
  readonly #walker: Walker
  readonly #tell: Tell
  readonly #begun = new Map<number, Begun>()
  /** Ended while something that changes names had begun, by number. */
  #held: { readonly number: number; readonly call: Call }[] = []
  #unsettled: Unsettled[] = []
  #ended = 0
  /** Called with what a call that succeeded had found. */
  readonly #onSuccess: (call: Call, looked: Looked) => void

  constructor(walker: Walker, tell: Tell, onSuccess: (call: Call, looked: Looked) => void) {
    this.#walker = walker
    this.#tell = tell
    this.#onSuccess = onSuccess
  }

  begin(pid: number, name: string, text: string, call: Call | undefined): void {
    const begun: Begun = { pid, name, text, call, seen: [], since: this.#ended }
    this.#begun.set(pid, begun)
    this.#see(begun)
  }

  /** Takes out what had begun; undefined where nothing had. */
  take(pid: number): Begun | undefined {
    const begun = this.#begun.get(pid)
    this.#begun.delete(pid)
    return begun
  }

  /** The thread `by` is known as `pid` now. */
  rename(by: number, pid: number): void {
    const begun = this.take(by)
    if (begun) this.#begun.set(pid, { ...begun, pid })
  }

  /** Whether a call of this process has begun that may have changed names. */
  mayHaveChanged(pid: number): boolean {
    const call = this.#begun.get(pid)?.call
    return call !== undefined && changesNames(call)
  }

  /** A call with its result. @param begun where others came in between @throws Lost */
  end(call: Call, result: Result, begun?: Begun): void {
    this.#settle(call, result, begun)
    // What did not fit may have waited for this one.
    if (begun && changesNames(call)) this.#retry(begun)
    if (this.#changing().size === 0) this.#held = []
  }

  #settle(call: Call, result: Result, begun: Begun | undefined): void {
    const looked = look(call, this.#walker, this.#tell, result)
    this.#ended++
    const beside = this.#changing()
    if (beside.size > 0) this.#hold(call)
    if (!looked) return
    const changes = result.ok && changesNames(call)
    if (fits(call, looked, result) || (!changes && begun?.seen.some((earlier) => fits(call, earlier, result)))) {
      this.#succeed(call, looked, result, begun)
      return
    }
    if (beside.size === 0) throw new Lost(mismatch(call))
    this.#unsettled.push({ call, result, beside })
  }

  /** @throws Lost where something does not fit to the end */
  finish(): void {
    const [first] = this.#unsettled
    if (first) throw new Lost(mismatch(first.call))
  }

  #succeed(call: Call, looked: Looked, result: Result, begun: Begun | undefined): void {
    if (!result.ok) return
    const changed = changesNames(call) && !(call.spec.action === 'open' && looked.from.node)
    apply(call, looked)
    this.#onSuccess(call, looked)
    if (!changed) return
    for (const other of this.#begun.values()) this.#see(other)
    if (begun) for (const { number, call } of this.#held) if (number > begun.since) look(call, this.#walker, this.#tell)
    this.#retry()
  }

  #retry(done?: Begun): void {
    const waiting = this.#unsettled
    this.#unsettled = []
    for (const one of waiting) {
      const looked = look(one.call, this.#walker, this.#tell, one.result)
      if (!looked || fits(one.call, looked, one.result)) {
        if (looked) this.#succeed(one.call, looked, one.result, undefined)
        continue
      }
      const beside = new Set([...one.beside].filter((begun) => begun !== done && this.#begun.get(begun.pid) === begun))
      if (beside.size === 0) throw new Lost(mismatch(one.call))
      this.#unsettled.push({ ...one, beside })
    }
  }

  #see(begun: Begun): void {
    const looked = begun.call && look(begun.call, this.#walker, this.#tell)
    if (looked) begun.seen.push(looked)
  }

  #changing(): ReadonlySet<Begun> {
    const found = new Set<Begun>()
    for (const begun of this.#begun.values()) if (begun.call && changesNames(begun.call)) found.add(begun)
    return found
  }

  #hold(call: Call): void {
    if (this.#held.length >= MOST_HELD) throw new Lost('too much went on at the same time')
    this.#held.push({ number: this.#ended, call })
  }
}

const mismatch = ({ name, args, spec }: Call): string => `what ${name} of ${args[spec.path]} gave does not fit the tree that is known`
