import type { Command } from 'commander'
import { addBuild } from './program/build.js'
import { addContainerGroup, addContainers } from './program/containers.js'
import { runCommands } from './program/frame.js'
import { addImageGroup, addImages } from './program/images.js'
import { addLanguage } from './program/language.js'
import type { Lazy } from './program/lazy.js'
import { addPlan } from './program/plan.js'
import { addPullAndPush, addRegistries } from './program/registry.js'
import { addVolumes } from './program/volumes.js'

const build = async () => (await import('./commands/build.js')).buildCommand

/** All commands. Gives the exit status. */
export const runProgram = (args: readonly string[], version: string): Promise<number> =>
  runCommands(args, version, (program, lazy) => {
    addBuild(program, lazy, build)
    addPlan(program, lazy)
    addLanguage(program, lazy)
    addImages(program, lazy)
    addContainers(program, lazy)
    addVolumes(program, lazy)
    addRegistries(program, lazy)
    addGroups(program, lazy, new Set(args))
  })

/** The groups that Docker has. What is in them is put together for who names them only. */
function addGroups(program: Command, lazy: Lazy, words: ReadonlySet<string>): void {
  const [image, container] = ['image', 'container'].map((name) =>
    program
      .command(name)
      .enablePositionalOptions()
      .description(`the commands on ${name}s under Docker's longer names: ${name} ls, ${name} rm, ${name} prune …`),
  )
  if (words.has('image')) {
    addImageGroup(image!, lazy)
    addPullAndPush(image!, lazy)
    addBuild(image!, lazy, build)
  }
  if (words.has('container')) addContainerGroup(container!, lazy)
}
