import type { Command } from 'commander'
import { CONTEXT, withWhat } from './build.js'
import type { Lazy } from './lazy.js'

/** What is known of a build before it runs. */
export function addPlan(program: Command, lazy: Lazy): void {
  const commands = () => import('../commands/plan.js')

  withWhat(program.command('plan'))
    .description('which steps a build would find in its cache, which would run, and why; runs nothing')
    .argument('[context]', CONTEXT, '.')
    .option('--json', 'one JSON document')
    .action(lazy(async () => (await commands()).planCommand))
  withWhat(program.command('explain'))
    .description('why a build would find a step in its cache or not')
    .argument('<step>', 'its id, as plan prints it, or :LINE of the Dockerfile')
    .argument('[context]', CONTEXT, '.')
    .option('--json', 'one JSON document, with the inputs of its key')
    .action(lazy(async () => (await commands()).explainCommand))
}
