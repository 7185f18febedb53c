import { limits } from '../limits.js'
import type { CharSet } from './char-set.js'
import { type Assertion, type Node, parseRegexp } from './syntax.js'

/** The expression needs more states than `limits.states`. Caught inside the package. */
export class ProgramTooLargeError extends Error {
  override readonly name = 'ProgramTooLargeError'
}

export type Instruction =
  | { readonly kind: 'char'; readonly set: CharSet; next: number }
  | { readonly kind: 'assert'; readonly assertion: Assertion; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'match' }

/** A non-deterministic automaton: instruction numbers instead of pointers. */
export interface Program {
  readonly instructions: readonly Instruction[]
  readonly start: number
}

/** Builds backwards: `next` is where to go when the node has matched; gives where the node starts. */
function emit(node: Node, next: number, out: Instruction[]): number {
  const add = (instruction: Instruction) => {
    if (out.length >= limits.states) throw new ProgramTooLargeError()
    out.push(instruction)
    return out.length - 1
  }
  switch (node.kind) {
    case 'char':
      return add({ kind: 'char', set: node.set, next })
    case 'assert':
      return add({ kind: 'assert', assertion: node.assertion, next })
    case 'concat': {
      let target = next
      for (let i = node.parts.length - 1; i >= 0; i--) target = emit(node.parts[i]!, target, out)
      return target
    }
    case 'alternate': {
      let target = emit(node.branches.at(-1)!, next, out)
      for (let i = node.branches.length - 2; i >= 0; i--) {
        const branch = emit(node.branches[i]!, next, out)
        target = add({ kind: 'split', next: branch, other: target })
      }
      return target
    }
    case 'repeat': {
      let target = next
      if (node.max === undefined) {
        const loop = add({ kind: 'split', next: -1, other: next })
        const instruction = out[loop] as Extract<Instruction, { kind: 'split' }>
        instruction.next = emit(node.part, loop, out)
        target = loop
      } else {
        for (let i = node.min; i < node.max; i++) {
          const part = emit(node.part, target, out)
          target = add({ kind: 'split', next: part, other: next })
        }
      }
      for (let i = 0; i < node.min; i++) target = emit(node.part, target, out)
      return target
    }
  }
}

/** @throws RegexpSyntaxError, ProgramTooLargeError */
export function compileRegexp(source: string): Program {
  const instructions: Instruction[] = [{ kind: 'match' }]
  const start = emit(parseRegexp(source), 0, instructions)
  return { instructions, start }
}
