import type { ArrayArgument } from '../language/assign.js'
import type { Shell } from '../language/shell.js'
import type { Result } from '../result.js'

/** A command that works on the shell itself. Its status; nothing is 0. `arrays`: values of `name=(…)` arguments by place in argv. */
export type Builtin = (shell: Shell, args: readonly string[], arrays: ReadonlyMap<number, ArrayArgument>) => Result
