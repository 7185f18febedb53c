/** The command that is run most, as a program of its own: a third of the code of all of them. */
import { buildCommand } from './commands/build.js'
import { addBuild } from './program/build.js'
import { runCommands } from './program/frame.js'

/** `layerwright build` and nothing else. Gives the exit status. */
export const runProgram = (args: readonly string[], version: string): Promise<number> =>
  runCommands(args, version, (program, lazy) => addBuild(program, lazy, async () => buildCommand))
