import { hostContext } from '@layerwright/build/node'
import { ResolveError } from '@layerwright/dockerfile'
import { parseReference, putImage, tagImage } from '@layerwright/image'
import pc from 'picocolors'
import { build } from '../../build.js'
import { chooseExecutor, type ExecutorKind } from '../../executor.js'
import { readContexts } from '../contexts.js'
import { excerptOf, findDockerfile } from '../dockerfile.js'
import { reportError, UsageError } from '../errors.js'
import { watchIgnoreFiles } from '../ignore-files.js'
import { parseOutput, writeOutput } from '../outputs.js'
import { openProgress, type ProgressKind } from '../progress/index.js'
import { readSecrets } from '../secrets.js'
import { parseAssignments } from '../specs.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'

interface BuildFlags extends GlobalOptions {
  readonly file?: string
  readonly tag: string[]
  readonly target?: string
  readonly buildArg: string[]
  readonly label: string[]
  readonly platform?: string
  /** commander's name for --no-cache */
  readonly cache: boolean
  readonly secret: string[]
  readonly sourceDateEpoch?: string
  readonly timestamps: 'fixed' | 'source'
  readonly output: string[]
  readonly buildContext: string[]
  readonly progress: ProgressKind
  readonly executor: ExecutorKind
  readonly quiet?: boolean
  readonly check?: boolean
}

/** `layerwright build`: everything that can be refused is refused before the first step. Prints the digest last. */
export async function buildCommand(context: string, _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as BuildFlags
  if (flags.check) return checkOnly(context, flags)
  try {
    await buildImage(context, flags)
    return 0
  } catch (error) {
    // A build that warnings ended has shown none of them.
    for (const { rule, message, startLine } of error instanceof ResolveError ? error.warnings : []) {
      console.error(`${pc.yellow('WARN')} ${rule}: ${message} (line ${startLine})`)
    }
    const source = () => findDockerfile(context, flags.file).bytes
    return reportError(error, excerptOf(error, source))
  }
}

/** `layerwright build --check` */
async function checkOnly(context: string, flags: BuildFlags): Promise<number> {
  const { check } = await import('../check.js')
  return check(findDockerfile(context, flags.file), {
    format: 'text',
    target: flags.target,
    buildArgs: parseAssignments('build-arg', flags.buildArg, process.env),
    contexts: new Set(parseAssignments('build-context', flags.buildContext).keys()),
    ownRules: true,
    ...(flags.store === undefined ? {} : { store: flags.store }),
  })
}

async function buildImage(context: string, flags: BuildFlags): Promise<void> {
  for (const tag of flags.tag) parseReference(tag)
  const tags = flags.tag
  const outputs = flags.output.map(parseOutput)
  const executor = chooseExecutor(flags.executor)
  const secrets = readSecrets(flags.secret)
  const epoch = readEpoch(flags.sourceDateEpoch ?? process.env.SOURCE_DATE_EPOCH)
  const store = await openUserStore(flags)

  const controller = new AbortController()
  const interrupt = () => controller.abort()
  process.once('SIGINT', interrupt)
  const progress = await openProgress(flags.progress, flags.quiet ?? false)
  try {
    const result = await build({
      context: watchIgnoreFiles(hostContext(context), context, flags.file ?? 'Dockerfile', (message) =>
        progress.onEvent({ type: 'notice', code: 'UNREAD_IGNORE_FILE', message }),
      ),
      store,
      executor,
      contexts: readContexts(flags.buildContext, store),
      buildArgs: parseAssignments('build-arg', flags.buildArg, process.env),
      labels: parseAssignments('label', flags.label),
      secrets,
      noCache: !flags.cache,
      timestamps: flags.timestamps,
      signal: controller.signal,
      onEvent: (event) => progress.onEvent(event),
      ...(flags.file === undefined ? {} : { dockerfile: flags.file }),
      ...(flags.target === undefined ? {} : { target: flags.target }),
      ...(flags.platform === undefined ? {} : { platforms: flags.platform.split(',') }),
      ...(epoch === undefined ? {} : { sourceDateEpoch: epoch }),
    })
    for (const { image } of result.images) await putImage(store, image)
    for (const tag of tags) await tagImage(store, tag, result.image)
    for (const output of outputs) await writeOutput(output, result, tags)
    progress.close()
    if (flags.progress !== 'json') for (const { image } of result.images) console.log(image.digest)
  } finally {
    progress.close()
    process.removeListener('SIGINT', interrupt)
  }
}

function readEpoch(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const epoch = Number(text)
  if (!Number.isSafeInteger(epoch) || epoch < 0)
    throw new UsageError(
      `--source-date-epoch ${text}: not a number of seconds`,
      'write the seconds since 1970, for example $(git log -1 --format=%ct)',
    )
  return epoch
}
