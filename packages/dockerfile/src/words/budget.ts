import { Fault } from './fault.js'
import type { Budget } from './pattern.js'

/** Bounds the length and the work of one expansion: `${x//a/$x}` squares its input, and nesting does that again and again. */
export class ExpansionBudget implements Budget {
  private readonly limit: number
  private readonly maxSteps: number
  private produced = 0
  private steps = 0

  /**
   * @param limit characters that the expansion may produce, intermediate results included
   * @param maxSteps steps that matching patterns may take
   */
  constructor(limit: number, maxSteps: number) {
    this.limit = limit
    this.maxSteps = maxSteps
  }

  /** Counts a piece of the result and gives it back. */
  text(piece: string): string {
    this.length(piece.length)
    return piece
  }

  /** Counts characters that are about to be made. */
  length(characters: number): void {
    this.produced += characters
    if (this.produced > this.limit) {
      throw new Fault('EXPANSION_LIMIT', 'the expansion is too long', `Words may expand to at most ${this.limit} characters.`)
    }
  }

  spend(steps: number): void {
    this.steps += steps
    if (this.steps > this.maxSteps) {
      throw new Fault('EXPANSION_LIMIT', 'the pattern takes too long to match', 'Match a shorter value or use a simpler pattern.')
    }
  }
}
