import { Command, CommanderError, Option } from 'commander'
import { reportError } from '../errors.js'
import type { Lazy } from './lazy.js'

/**
 * Runs one command line. Gives the exit status: 0, 1 for an error, or what the container's program gave (125 where the flags of `run` or `exec` are wrong).
 * @param fill adds the commands
 */
export async function runCommands(args: readonly string[], version: string, fill: (program: Command, lazy: Lazy) => void): Promise<number> {
  process.on('uncaughtException', endWith)
  let status = 0
  // What commander says of wrong flags is held back until it is known that nothing better can be said.
  let said = ''
  const program = new Command('layerwright')
    .description('Builds layered container images inside one process, and runs containers over them. No daemon.')
    .version(version, '-v, --version')
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeErr: (text) => {
        said += text
      },
    })
    .showHelpAfterError('(add --help for the flags)')
    .addOption(new Option('--store <dir>', 'where images, caches, containers and volumes live').env('LAYERWRIGHT_STORE'))
  fill(program, (load) => async (...values) => {
    status = (await (await load())(...values)) ?? 0
  })
  program
    .command('version')
    .description('print the version')
    .action(() => console.log(version))
  try {
    await program.parseAsync([...args], { from: 'user' })
    return status
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error)
    const better = await refusalOf(error, program.args)
    if (better) reportError(better)
    else process.stderr.write(said)
    const name = GROUPS.has(program.args[0] ?? '') ? program.args[1] : program.args[0]
    return error.exitCode !== 0 && RUNS.has(name ?? '') ? REFUSED : error.exitCode
  }
}

/** What there is to say of a word that Docker has; its table is loaded only then. */
async function refusalOf({ code, message }: CommanderError, words: readonly string[]): Promise<Error | undefined> {
  const [, word = ''] = /^error: unknown (?:option|command) '([^']*)'/.exec(message) ?? []
  if (word === '') return undefined
  const { refusedCommand, refusedFlag } = await import('../docker-words.js')
  const own = GROUPS.has(words[0] ?? '') ? words.slice(1) : words
  if (code === 'commander.unknownCommand') return refusedCommand(word)
  return code === 'commander.unknownOption' ? (refusedFlag(own.slice(0, 2).join(' '), word) ?? refusedFlag(own[0] ?? '', word)) : undefined
}

/** Docker's groups, whose commands are those without the group's name. */
const GROUPS = new Set(['container', 'image'])

/** What no command has caught: who reads our output has seen enough, as `head` does; anything else is a fault of ours. */
function endWith(error: Error): void {
  const unread = error === process.stdout.errored || error === process.stderr.errored
  process.exit(unread ? 1 : reportError(error))
}

/** Commands whose status is that of a container's program; one that never began has another. */
const RUNS = new Set(['run', 'exec'])
const REFUSED = 125
