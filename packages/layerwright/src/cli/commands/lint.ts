import { type CheckFormat, check } from '../check.js'
import { findDockerfile } from '../dockerfile.js'
import { parseAssignments } from '../specs.js'
import type { CommandLike, GlobalOptions } from '../store.js'

interface LintFlags extends GlobalOptions {
  readonly file?: string
  readonly target?: string
  readonly buildArg: string[]
  readonly buildContext: string[]
  readonly rules: 'all' | 'reference'
  readonly format: CheckFormat
}

/** `layerwright lint [PATH]` */
export async function lintCommand(place: string | undefined, _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as LintFlags
  return check(findDockerfile(place ?? '.', flags.file), {
    format: flags.format,
    target: flags.target,
    buildArgs: parseAssignments('build-arg', flags.buildArg, process.env),
    contexts: new Set(parseAssignments('build-context', flags.buildContext).keys()),
    ownRules: flags.rules === 'all',
    ...(flags.store === undefined ? {} : { store: flags.store }),
  })
}
