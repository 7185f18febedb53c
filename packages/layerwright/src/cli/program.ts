import { addBuild } from './program/build.js'
import { addContainers } from './program/containers.js'
import { runCommands } from './program/frame.js'
import { addImages } from './program/images.js'
import { addLanguage } from './program/language.js'
import { addPlan } from './program/plan.js'
import { addRegistries } from './program/registry.js'
import { addVolumes } from './program/volumes.js'

/** All commands. Gives the exit status. */
export const runProgram = (args: readonly string[], version: string): Promise<number> =>
  runCommands(args, version, (program, lazy) => {
    addBuild(program, lazy, async () => (await import('./commands/build.js')).buildCommand)
    addPlan(program, lazy)
    addLanguage(program, lazy)
    addImages(program, lazy)
    addContainers(program, lazy)
    addVolumes(program, lazy)
    addRegistries(program, lazy)
  })
