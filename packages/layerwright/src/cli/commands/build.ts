import { type BuildGraph, type BuildResult, type CacheOptions, graphToDot, graphToMermaid, rememberTag } from '@layerwright/build'
import { ResolveError } from '@layerwright/dockerfile'
import { parseReference, putImage, tagImage } from '@layerwright/image'
import { keepPolicy } from '@layerwright/store'
import { build, planBuild, verifyStable } from '../../build.js'
import { openWhat, readWhat, type WhatFlags } from '../build-options.js'
import { excerptOf, findDockerfile } from '../dockerfile.js'
import { reportError, UsageError } from '../errors.js'
import { paint } from '../paint.js'
import { printLine } from '../print.js'
import { openProgress, type ProgressKind, showsOutput } from '../progress/index.js'
import { parseAssignments } from '../specs.js'
import { type CommandLike, openUserStore, type UserStore } from '../store.js'
import { humanBytes } from '../words.js'

interface BuildFlags extends WhatFlags {
  readonly tag: string[]
  readonly annotation: string[]
  readonly graph?: 'json' | 'dot' | 'mermaid'
  readonly cacheFrom: string[]
  readonly cacheTo: string[]
  readonly output: string[]
  readonly push?: boolean
  readonly allowSimulated?: boolean
  readonly progress: ProgressKind
  readonly quiet?: boolean
  readonly check?: boolean
  readonly explain?: boolean
  readonly verifyStable?: boolean
}

/** Signals that end a build: the first one orderly, with running steps stopped and nothing left behind; a second one at once. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

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
  const outputs = await outputsOf(flags)
  const asked = await readWhat(flags)
  const store = await openUserStore(flags)

  const annotations = readAnnotations(flags.annotation)
  const controller = new AbortController()
  const interrupt = () => controller.abort()
  for (const name of ENDING) process.once(name, interrupt)
  const progress = await openProgress(flags.progress, flags.quiet ?? false)
  try {
    const { signal } = controller
    const places = await openCachePlaces(flags, store, signal, (message) =>
      progress.onEvent({ type: 'notice', code: 'CACHE_UNREACHABLE', message }),
    )
    const what = await openWhat(place, flags, store, asked, { signal, onEvent: (event) => progress.onEvent(event), found })
    const cache = { ...asked.cache, explain: flags.explain ?? false }
    const options = { ...what, ...places, annotations: annotations.manifest, cache }
    let digests: readonly string[] = []
    if (flags.graph) {
      printLine(drawGraph(await planBuild(options), flags.graph).trimEnd())
      return
    }
    await store.lease(async () => {
      const result = await build(options)
      for (const name of namesOfNothing(asked.cache, result))
        progress.onEvent({
          type: 'notice',
          code: 'NO_SUCH_STEP',
          message: `nothing is run again for ${name}: no step of this build has that stage or id`,
        })
      if (flags.verifyStable) await verifyStable({ ...what, annotations: annotations.manifest }, result)
      for (const { image } of result.images) await putImage(store, image)
      for (const tag of tags) {
        // a name means all platforms of its target
        const target = result.images[0]?.target
        const images = result.images.filter((one) => one.target === target).map(({ image }) => image)
        const name = await tagImage(store, tag, images)
        await rememberTag(
          store,
          name,
          result.steps.flatMap(({ key }) => key ?? []),
        )
      }
      await outputs?.write(result, store, Object.fromEntries(annotations.index))
      digests = result.images.map(({ image }) => image.digest)
    })
    await keepUnderCap(store, (message) => progress.onEvent({ type: 'notice', code: 'STORE_OVER_CAP', message }))
    progress.close()
    if (flags.progress !== 'json' && !outputs?.toStdout) for (const digest of digests) printLine(digest)
  } finally {
    progress.close()
    for (const name of ENDING) process.removeListener(name, interrupt)
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
  const maxBytes = (await keepPolicy(store))?.maxBytes
  if (maxBytes === undefined) return
  const [{ enforceCap }, { pruneSandbox }] = await Promise.all([import('../../collect.js'), import('../../sandbox-layers.js')])
  await pruneSandbox({ maxBytes })
  const plan = await enforceCap(store)
  if (plan && plan.over > 0)
    tell(
      `the store is ${humanBytes(plan.over)} above its cap, because named images, containers and running builds need more: see layerwright system df`,
    )
}

/** Refuses what is wrong with `--output` at once, and writes them later. */
async function outputsOf({ output, push, tag, quiet, allowSimulated, progress, platform, target }: BuildFlags) {
  const specs = [...output, ...(push ? ['type=registry'] : [])]
  if (specs.length === 0) return undefined
  const { checkOutputs, isToStdout, parseOutput, writeOutput } = await import('../outputs.js')
  const outputs = specs.map(parseOutput)
  const images = new Set(platform?.split(',')).size || 1
  checkOutputs(outputs, tag, { json: progress === 'json', images: images * (target.length || 1) })
  return {
    toStdout: outputs.some(isToStdout),
    async write(result: BuildResult, store: UserStore, indexAnnotations: Record<string, string>): Promise<void> {
      for (const one of outputs) await writeOutput(one, result, { store, tags: tag, indexAnnotations, quiet, allowSimulated })
    },
  }
}

/** Stages and steps that --no-cache-filter and --max-age name and this build has not: most likely misspelt. */
function namesOfNothing({ refresh = [], maxAge = [] }: CacheOptions, { steps }: BuildResult): string[] {
  const known = new Set(steps.flatMap(({ id, stage }) => [id, stage.toLowerCase()]))
  const named = [...refresh, ...maxAge.flatMap(({ of }) => of ?? [])]
  return named.filter((name) => !known.has(name) && !known.has(name.toLowerCase()))
}

function drawGraph(graph: BuildGraph, form: 'json' | 'dot' | 'mermaid'): string {
  if (form === 'json') return JSON.stringify(graph, null, 2)
  return form === 'dot' ? graphToDot(graph) : graphToMermaid(graph)
}

/** `[manifest:|index:]KEY=VALUE`, as `docker buildx build` has it. */
function readAnnotations(specs: readonly string[]): { manifest: Map<string, string>; index: Map<string, string> } {
  const split = { manifest: [] as string[], index: [] as string[] }
  for (const spec of specs) {
    const [, kinds = 'manifest', rest = ''] = /^(?:((?:manifest|index)(?:,(?:manifest|index))*):)?([\s\S]*)$/.exec(spec) ?? []
    if (!rest.includes('='))
      throw new UsageError(`--annotation ${spec}: there is no value`, 'write --annotation [manifest:|index:]NAME=VALUE')
    for (const kind of kinds.split(',')) split[kind === 'index' ? 'index' : 'manifest'].push(rest)
  }
  return { manifest: parseAssignments('annotation', split.manifest), index: parseAssignments('annotation', split.index) }
}
