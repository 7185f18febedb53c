import { limits } from '../limits.js'
import { type CharSet, contains } from './char-set.js'
import type { Program } from './program.js'
import type { Assertion } from './syntax.js'

/**
 * Runs a program in time linear in the text, whatever the expression: all its positions advance together, character by character,
 * and each set of positions is remembered as one state of a deterministic automaton that grows as texts need it. The table of states
 * is bounded; when it is full it starts anew.
 */

/** What stands on one side of a position. */
type Side = 'edge' | 'word' | 'other'

/** What has been matched so far. Immutable for those who hold it: `advance` gives another one. */
export interface State {
  /** Matches already, whatever follows. */
  readonly accepted: boolean
  /** Can't match any more, whatever follows. */
  readonly dead: boolean
}

interface InnerState extends State {
  readonly positions: readonly number[]
  readonly before: Side
  generation: number
  ascii: (InnerState | undefined)[] | undefined
  others: Map<number, InnerState> | undefined
  final: boolean | undefined
}

const SLASH = 0x2f

const isOnlySlash = ({ ranges, properties, negated }: CharSet): boolean =>
  !negated && properties.length === 0 && ranges.every((end) => end === SLASH)

function sideOf(codePoint: number): Side {
  const word =
    (codePoint >= 0x30 && codePoint <= 0x39) ||
    (codePoint >= 0x41 && codePoint <= 0x5a) ||
    (codePoint >= 0x61 && codePoint <= 0x7a) ||
    codePoint === 0x5f
  return word ? 'word' : 'other'
}

function holds(assertion: Assertion, before: Side, after: Side, atStart: boolean): boolean {
  switch (assertion) {
    case 'begin':
      return atStart
    case 'end':
      return after === 'edge'
    case 'wordBoundary':
      return (before === 'word') !== (after === 'word')
    case 'notWordBoundary':
      return (before === 'word') === (after === 'word')
  }
}

export class Automaton {
  private readonly program: Program
  /** A match may begin anywhere: `^` binds only its own alternative. */
  private readonly floating: boolean
  private readonly marks: Uint32Array
  private mark = 0
  private readonly states = new Map<string, InnerState>()
  private generation = 0
  private readonly acceptedState: InnerState
  private readonly initial: InnerState

  constructor(program: Program) {
    this.program = program
    this.marks = new Uint32Array(program.instructions.length)
    const sides: Side[] = ['word', 'other', 'edge']
    this.floating = sides.slice(0, 2).some((before) =>
      sides.some((after) => {
        const { match, chars } = this.reach([program.start], before, after)
        return match || chars.length > 0
      }),
    )
    this.acceptedState = { ...this.make([], 'other'), accepted: true, dead: false, final: true }
    this.initial = { ...this.make([program.start], 'edge'), dead: false }
  }

  /** Before the first character. */
  get start(): State {
    return this.initial
  }

  /** The state after `text` and, with `slash`, a slash behind it. */
  advance(state: State, text: string, slash: boolean): State {
    let at = state as InnerState
    for (let i = 0; i < text.length; i++) {
      if (at.accepted || at.dead) return at
      let codePoint = text.charCodeAt(i)
      if (codePoint >= 0xd800 && codePoint < 0xdc00) {
        codePoint = text.codePointAt(i)!
        if (codePoint > 0xffff) i++
      }
      at = this.step(at, codePoint)
    }
    return slash && !at.accepted && !at.dead ? this.step(at, SLASH) : at
  }

  /** Whether the text so far, if it ends here, matches. */
  matches(state: State): boolean {
    const inner = state as InnerState
    inner.final ??= this.reach(inner.positions, inner.before, 'edge').match
    return inner.final
  }

  /** Whether some text without a slash could complete a match. May say yes too often: what stands beside an assertion is not looked at. */
  canMatchName(state: State): boolean {
    const { instructions } = this.program
    const inner = state as InnerState
    if (inner.accepted) return true
    const seen = new Set(inner.positions)
    for (const at of seen) {
      const instruction = instructions[at]!
      if (instruction.kind === 'match') return true
      if (instruction.kind === 'split') seen.add(instruction.other)
      if (instruction.kind !== 'char' || !isOnlySlash(instruction.set)) seen.add(instruction.next)
    }
    return false
  }

  private step(state: InnerState, codePoint: number): InnerState {
    if (state.generation !== this.generation) {
      state.generation = this.generation
      state.ascii = undefined
      state.others = undefined
    }
    const known = codePoint < 128 ? state.ascii?.[codePoint] : state.others?.get(codePoint)
    if (known) return known
    const next = this.follow(state, codePoint)
    // Making the state may have emptied the table; then this one's links are stale already and the next step drops them.
    if (codePoint < 128) {
      state.ascii ??= new Array<InnerState | undefined>(128).fill(undefined)
      state.ascii[codePoint] = next
    } else {
      state.others ??= new Map()
      if (state.others.size > 1_000) state.others.clear()
      state.others.set(codePoint, next)
    }
    return next
  }

  private follow(state: InnerState, codePoint: number): InnerState {
    const side = sideOf(codePoint)
    const { match, chars } = this.reach(state.positions, state.before, side)
    if (match) return this.acceptedState
    const positions = new Set<number>()
    for (const at of chars) {
      const instruction = this.program.instructions[at]!
      if (instruction.kind === 'char' && contains(instruction.set, codePoint)) positions.add(instruction.next)
    }
    if (this.floating) positions.add(this.program.start)
    return this.intern(
      [...positions].sort((a, b) => a - b),
      side,
    )
  }

  /** Everything that can be reached from `from` without taking a character. */
  private reach(from: readonly number[], before: Side, after: Side): { match: boolean; chars: number[] } {
    const { instructions } = this.program
    const chars: number[] = []
    const stack = [...from]
    this.mark++
    while (stack.length > 0) {
      const at = stack.pop()!
      if (this.marks[at] === this.mark) continue
      this.marks[at] = this.mark
      const instruction = instructions[at]!
      switch (instruction.kind) {
        case 'match':
          return { match: true, chars }
        case 'char':
          chars.push(at)
          break
        case 'split':
          stack.push(instruction.other, instruction.next)
          break
        case 'assert':
          if (holds(instruction.assertion, before, after, before === 'edge')) stack.push(instruction.next)
          break
      }
    }
    return { match: false, chars }
  }

  private make(positions: readonly number[], before: Side): InnerState {
    return {
      positions,
      before,
      accepted: false,
      dead: positions.length === 0,
      generation: this.generation,
      ascii: undefined,
      others: undefined,
      final: undefined,
    }
  }

  private intern(positions: number[], before: Side): InnerState {
    const key = `${before[0]}${positions.join()}`
    const known = this.states.get(key)
    if (known) return known
    if (this.states.size >= limits.cachedStates) {
      this.states.clear()
      this.generation++
    }
    const made = this.make(positions, before)
    this.states.set(key, made)
    return made
  }
}
