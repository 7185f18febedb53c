import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, isAbsolute, relative } from 'node:path'
import {
  type BuildContext,
  type BuildEvent,
  type BuildGraph,
  type BuildResult,
  graphToDot,
  graphToMermaid,
  isRemoteContext,
  type NamedContext,
  rememberTag,
} from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { ResolveError } from '@layerwright/dockerfile'
import { parseReference, putImage, tagImage } from '@layerwright/image'
import { keepPolicy } from '@layerwright/store'
import { build, planBuild } from '../../build.js'
import { chooseExecutor, type ExecutorKind } from '../../executor.js'
import { baseImages } from '../bases.js'
import { type CacheFlags, readCacheFlags } from '../cache-flags.js'
import { excerptOf, findDockerfile } from '../dockerfile.js'
import { reportError, UsageError } from '../errors.js'
import { watchIgnoreFiles } from '../ignore-files.js'
import { paint } from '../paint.js'
import { printLine } from '../print.js'
import { openProgress, type ProgressKind, showsOutput } from '../progress/index.js'
import { type RunFlags, readEntitlements, readRunSettings } from '../run-settings.js'
import { readSecrets } from '../secrets.js'
import { parseAssignments } from '../specs.js'
import { type CommandLike, type GlobalOptions, openUserStore, type UserStore } from '../store.js'
import { humanBytes } from '../words.js'

interface BuildFlags extends GlobalOptions, CacheFlags, RunFlags {
  readonly file?: string
  readonly tag: string[]
  readonly target: string[]
  readonly buildArg: string[]
  readonly label: string[]
  readonly annotation: string[]
  readonly graph?: 'json' | 'dot' | 'mermaid'
  readonly platform?: string
  /** commander's name for --no-cache */
  readonly cache: boolean
  readonly pull?: boolean
  readonly cacheFrom: string[]
  readonly cacheTo: string[]
  readonly secret: string[]
  readonly sourceDateEpoch?: string
  readonly timestamps: 'fixed' | 'source'
  readonly modes: 'source' | 'git'
  readonly output: string[]
  readonly buildContext: string[]
  readonly progress: ProgressKind
  readonly executor: ExecutorKind
  readonly quiet?: boolean
  readonly check?: boolean
  readonly gitignore?: boolean
}

/** `layerwright build`: everything that can be refused is refused before the first step. Prints the digest last. */
export async function buildCommand(place: string, _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as BuildFlags
  if (flags.check) return checkOnly(place, flags)
  /** The Dockerfile's text, as soon as it is known where it lies. */
  let source: (() => Promise<Uint8Array | undefined>) | undefined
  try {
    await buildImage(place, flags, (read) => {
      source = read
    })
    return 0
  } catch (error) {
    // A build that warnings ended has shown none of them.
    for (const { rule, message, startLine } of error instanceof ResolveError ? error.warnings : []) {
      console.error(`${paint.yellow('WARN')} ${rule}: ${message} (line ${startLine})`)
    }
    const text = await source?.().catch(() => undefined)
    return reportError(error, text && excerptOf(error, () => text), showsOutput(flags.progress, flags.quiet ?? false))
  }
}

/** @throws UsageError */
function gitContext(place: string) {
  if (isFolder(place)) return hostContext(place, { gitignore: true })
  throw new UsageError(`--gitignore: ${place} is no folder`, 'leave it out: only a folder has .gitignore files that were not applied yet')
}

/** What is not a folder needs code that is loaded for it. */
async function contextOf(place: string, store: UserStore, signal: AbortSignal): Promise<BuildContext> {
  return isFolder(place) ? hostContext(place) : (await import('../contexts.js')).openContext(place, store, signal)
}

async function namedContexts(specs: readonly string[], store: UserStore): Promise<Map<string, NamedContext>> {
  return specs.length === 0 ? new Map() : (await import('../contexts.js')).readContexts(specs, store)
}

const isFolder = (place: string): boolean => place !== '-' && !isRemoteContext(place)

/** `layerwright build --check` */
async function checkOnly(context: string, flags: BuildFlags): Promise<number> {
  const { check } = await import('../check.js')
  return check(findDockerfile(context, flags.file), {
    format: 'text',
    target: flags.target[0],
    buildArgs: parseAssignments('build-arg', flags.buildArg, process.env),
    contexts: new Set(parseAssignments('build-context', flags.buildContext).keys()),
    ownRules: true,
    ...(flags.store === undefined ? {} : { store: flags.store }),
  })
}

async function buildImage(place: string, flags: BuildFlags, found: (read: () => Promise<Uint8Array | undefined>) => void): Promise<void> {
  for (const tag of flags.tag) parseReference(tag)
  const tags = flags.tag
  const writeOutputs = await outputsOf(flags.output)
  const cache = readCacheFlags(flags)
  const executor = await chooseExecutor(flags.executor)
  const secrets = readSecrets(flags.secret)
  const run = readRunSettings(flags, process.env)
  const allow = readEntitlements(flags)
  const epoch = readEpoch(flags.sourceDateEpoch ?? process.env.SOURCE_DATE_EPOCH)
  const store = await openUserStore(flags)

  const annotations = readAnnotations(flags.annotation)
  const controller = new AbortController()
  const interrupt = () => controller.abort()
  process.once('SIGINT', interrupt)
  const progress = await openProgress(flags.progress, flags.quiet ?? false)
  try {
    const opened = flags.gitignore ? gitContext(place) : await contextOf(place, store, controller.signal)
    const file = dockerfileOf(flags.file, place)
    found(async () => file.dockerfileText ?? opened.readFile(file.dockerfile ?? 'Dockerfile'))
    const tell = (message: string) => progress.onEvent({ type: 'notice', code: 'UNREAD_IGNORE_FILE', message })
    const { signal } = controller
    const places = await openCachePlaces(flags, store, signal, (message) =>
      progress.onEvent({ type: 'notice', code: 'CACHE_UNREACHABLE', message }),
    )
    const options = {
      ...places,
      context: isFolder(place) ? watchIgnoreFiles(opened, place, file.dockerfile ?? 'Dockerfile', tell) : opened,
      store,
      executor,
      contexts: await namedContexts(flags.buildContext, store),
      buildArgs: parseAssignments('build-arg', flags.buildArg, process.env),
      labels: parseAssignments('label', flags.label),
      annotations: annotations.manifest,
      secrets,
      run,
      allow,
      noCache: !flags.cache,
      cache,
      timestamps: flags.timestamps,
      modes: flags.modes,
      signal,
      onEvent: (event: BuildEvent) => progress.onEvent(event),
      images: baseImages(store, flags),
      ...file,
      ...(flags.target.length === 0 ? {} : { targets: flags.target }),
      ...(flags.platform === undefined ? {} : { platforms: flags.platform.split(',') }),
      ...(epoch === undefined ? {} : { sourceDateEpoch: epoch }),
    }
    let digests: readonly string[] = []
    if (flags.graph) {
      printLine(drawGraph(await planBuild(options), flags.graph).trimEnd())
      return
    }
    await store.lease(async () => {
      const result = await build(options)
      for (const { image } of result.images) await putImage(store, image)
      for (const tag of tags) {
        const name = await tagImage(store, tag, result.image)
        await rememberTag(
          store,
          name,
          result.steps.flatMap(({ key }) => key ?? []),
        )
      }
      await writeOutputs?.(result, tags, Object.fromEntries(annotations.index))
      digests = result.images.map(({ image }) => image.digest)
    })
    await keepUnderCap(store, (message) => progress.onEvent({ type: 'notice', code: 'STORE_OVER_CAP', message }))
    progress.close()
    if (flags.progress !== 'json') for (const digest of digests) printLine(digest)
  } finally {
    progress.close()
    process.removeListener('SIGINT', interrupt)
  }
}

/** The code of registries is loaded only where a cache is named. */
async function openCachePlaces({ cacheFrom, cacheTo }: BuildFlags, store: UserStore, signal: AbortSignal, tell: (message: string) => void) {
  if (cacheFrom.length === 0 && cacheTo.length === 0) return {}
  const { readCachePlaces } = await import('../cache-places.js')
  return readCachePlaces(cacheFrom, cacheTo, { store, signal, tell })
}

/** The code that collects is loaded only where there is a cap. */
async function keepUnderCap(store: UserStore, tell: (message: string) => void): Promise<void> {
  if ((await keepPolicy(store))?.maxBytes === undefined) return
  const { enforceCap } = await import('../../collect.js')
  const plan = await enforceCap(store)
  if (plan && plan.over > 0)
    tell(
      `the store is ${humanBytes(plan.over)} above its cap, because named images, containers and running builds need more: see layerwright system df`,
    )
}

/** Refuses what is wrong with `--output` at once, and writes them later. */
async function outputsOf(specs: readonly string[]) {
  if (specs.length === 0) return undefined
  const { parseOutput, writeOutput } = await import('../outputs.js')
  const outputs = specs.map(parseOutput)
  return async (result: BuildResult, tags: readonly string[], annotations: Record<string, string>) => {
    for (const output of outputs) await writeOutput(output, result, tags, annotations)
  }
}

function drawGraph(graph: BuildGraph, form: 'json' | 'dot' | 'mermaid'): string {
  if (form === 'json') return JSON.stringify(graph, null, 2)
  return form === 'dot' ? graphToDot(graph) : graphToMermaid(graph)
}

/**
 * `--file` is a path of this machine, as Docker has it, and may lie outside the context. Where there is none of that name here it is taken as a path in
 * the context, which is what it is for a context that is no folder.
 */
function dockerfileOf(file: string | undefined, place: string): { dockerfile?: string; dockerfileText?: Uint8Array } {
  if (file === undefined) return {}
  if (file === '-') return { dockerfileText: new Uint8Array(readFileSync(0)) }
  if (!existsSync(file)) return { dockerfile: file }
  const inside = existsSync(place) ? relative(realpathSync(place), realpathSync(file)) : '..'
  if (inside !== '..' && !inside.startsWith('../') && !isAbsolute(inside)) return { dockerfile: inside } // prefix-ok: the whole first component
  return { dockerfile: basename(file), dockerfileText: new Uint8Array(readFileSync(file)) }
}

/** `[manifest:|index:]KEY=VALUE`, as `docker buildx build` has it. */
function readAnnotations(specs: readonly string[]): { manifest: Map<string, string>; index: Map<string, string> } {
  const split = { manifest: [] as string[], index: [] as string[] }
  for (const spec of specs) {
    const [, kinds = 'manifest', rest = ''] = /^(?:((?:manifest|index)(?:,(?:manifest|index))*):)?([\s\S]*)$/.exec(spec) ?? []
    for (const kind of kinds.split(',')) split[kind === 'index' ? 'index' : 'manifest'].push(rest)
  }
  return { manifest: parseAssignments('annotation', split.manifest), index: parseAssignments('annotation', split.index) }
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
