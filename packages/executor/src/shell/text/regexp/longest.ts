import { type ByteSet, isWord, type Place, type RegExpNode } from './nodes.js'

/**
 * POSIX takes the longest of the matches that begin first; JavaScript takes the first alternative that leads to one. Where the
 * two can differ, the end of the longest match is found here by walking all states of the expression side by side.
 */

type Instruction =
  | { readonly op: 'set'; readonly set: ByteSet }
  | { readonly op: 'place'; readonly place: Place }
  | { readonly op: 'split'; a: number; b: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'end' }

/** States of one machine: intervals are written out, and `(a{1000}){1000}` would fill memory. */
const mostInstructions = 20_000

/** Whether the first match of a backtracking matcher can be shorter than the longest. */
export function isAmbiguous(node: RegExpNode): boolean {
  switch (node.type) {
    case 'either':
      return true
    case 'group':
      return isAmbiguous(node.body)
    case 'sequence':
      return node.parts.some(isAmbiguous)
    case 'repeat':
      // A repeated single byte gives back what later parts need; a repeated group may have taken the wrong one.
      return node.body.type !== 'set'
    default:
      return false
  }
}

/** The machine of an expression; undefined where it needs memory (back-references) or would be too large. */
export class LongestMatch {
  private readonly program: Instruction[] = []
  private readonly multiline: boolean
  private text = ''

  private constructor(multiline: boolean) {
    this.multiline = multiline
  }

  static of(node: RegExpNode, multiline: boolean): LongestMatch | undefined {
    const machine = new LongestMatch(multiline)
    if (!machine.compile(node)) return undefined
    machine.program.push({ op: 'end' })
    return machine
  }

  private compile(node: RegExpNode): boolean {
    const { program } = this
    if (program.length > mostInstructions) return false
    switch (node.type) {
      case 'set':
        program.push({ op: 'set', set: node.set })
        return true
      case 'place':
        program.push({ op: 'place', place: node.place })
        return true
      case 'group':
        return this.compile(node.body)
      case 'sequence':
        return node.parts.every((part) => this.compile(part))
      case 'either': {
        const ends: { readonly op: 'jump'; to: number }[] = []
        for (const [at, option] of node.options.entries()) {
          const last = at === node.options.length - 1
          const split = { op: 'split' as const, a: 0, b: 0 }
          if (!last) program.push(split)
          split.a = program.length
          if (!this.compile(option)) return false
          if (!last) {
            const jump = { op: 'jump' as const, to: 0 }
            ends.push(jump)
            program.push(jump)
            split.b = program.length
          }
        }
        for (const jump of ends) jump.to = program.length
        return true
      }
      case 'repeat': {
        for (let times = 0; times < node.min; times++) if (!this.compile(node.body)) return false
        if (node.max === Infinity) {
          const split = { op: 'split' as const, a: 0, b: 0 }
          const start = program.push(split) - 1
          split.a = program.length
          if (!this.compile(node.body)) return false
          program.push({ op: 'jump', to: start })
          split.b = program.length
          return true
        }
        const splits: { readonly op: 'split'; a: number; b: number }[] = []
        for (let times = node.min; times < node.max; times++) {
          const split = { op: 'split' as const, a: 0, b: 0 }
          splits.push(split)
          program.push(split)
          split.a = program.length
          if (!this.compile(node.body)) return false
        }
        for (const split of splits) split.b = program.length
        return true
      }
      case 'back':
        return false
    }
  }

  /** Where the longest match that begins at `start` ends; -1 where there is none. */
  end(text: string, start: number): number {
    this.text = text
    const { program } = this
    const seen = new Int32Array(program.length).fill(-1)
    let current: number[] = []
    let longest = -1
    this.follow(0, start, current, seen)
    for (let at = start; ; at++) {
      const next: number[] = []
      const byte = text.charCodeAt(at)
      for (const state of current) {
        const instruction = program[state]!
        if (instruction.op === 'end') longest = at
        else if (instruction.op === 'set' && at < text.length && instruction.set[byte & 255]) this.follow(state + 1, at + 1, next, seen)
      }
      if (next.length === 0) return longest
      current = next
    }
  }

  /** Adds a state and all that it leads to without a character. `seen[state] === at`: it was added. */
  private follow(first: number, at: number, states: number[], seen: Int32Array): void {
    const stack = [first]
    while (stack.length > 0) {
      const state = stack.pop()!
      if (seen[state] === at) continue
      seen[state] = at
      const instruction = this.program[state]!
      if (instruction.op === 'jump') stack.push(instruction.to)
      else if (instruction.op === 'split') stack.push(instruction.b, instruction.a)
      else if (instruction.op === 'place') {
        if (this.holds(instruction.place, at)) stack.push(state + 1)
      } else states.push(state)
    }
  }

  private holds(place: Place, at: number): boolean {
    const { text } = this
    const before = at > 0 && isWord(text.charCodeAt(at - 1))
    const after = at < text.length && isWord(text.charCodeAt(at))
    switch (place) {
      case 'lineStart':
        return at === 0 || (this.multiline && text[at - 1] === '\n')
      case 'lineEnd':
        return at === text.length || (this.multiline && text[at] === '\n')
      case 'textStart':
        return at === 0
      case 'textEnd':
        return at === text.length
      case 'boundary':
        return before !== after
      case 'inside':
        return before === after
      case 'wordStart':
        return !before && after
      case 'wordEnd':
        return before && !after
      case 'afterNoWord':
        return !before
      case 'beforeNoWord':
        return !after
    }
  }
}
