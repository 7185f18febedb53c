import { openDockerfile, type Platform, parsePlatform, type ResolveWarning, resolveDockerfile } from '@layerwright/dockerfile'
import { type IgnoreRules, loadDockerfile, loadIgnoreRules } from './context/load.js'
import { BuildCancelledError, InvalidPlatformError } from './errors.js'
import type { TargetBuild } from './graph/plan.js'
import { createImages, type Images } from './images.js'
import { type TimePolicy, timePolicy } from './times.js'
import type { BuildOptions, ContextNotes } from './types.js'

const DEFAULT_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' }

/** Everything that is decided before a step runs. */
export interface Resolution {
  /** For each target, for each platform. */
  readonly builds: readonly TargetBuild[]
  readonly warnings: readonly ResolveWarning[]
  /** Stages of the Dockerfile that no target needs: their names, `stage-N` for one without. */
  readonly unneeded: readonly string[]
  readonly ignore: IgnoreRules
  readonly images: Images
  readonly notes: ContextNotes
  readonly times: TimePolicy
  /** The time that files of contexts get; their own when undefined. */
  readonly contextTime: bigint | undefined
}

/** Reads the Dockerfile and decides what can be decided without running it: one Dockerfile and one context for all targets and platforms. */
export async function resolveBuild(options: BuildOptions): Promise<Resolution> {
  const platforms = options.platforms?.length ? options.platforms.map(readPlatform) : [undefined] // without one asked for, the base image decides: not the same as the default
  const targets = options.targets?.length ? options.targets : [options.target]
  const buildArgs = buildArgsOf(options)
  const dockerfile = openDockerfile(await loadDockerfile(options), { buildArgs })
  const ignore = await loadIgnoreRules(options.context, options.dockerfile ?? 'Dockerfile')
  const notes = storeNotes(options)
  let contextTime: bigint | undefined
  const images = createImages(options, notes, () => contextTime)
  const builds: TargetBuild[] = []
  for (const target of targets) {
    for (const platform of platforms) {
      const build = await resolveDockerfile(dockerfile, {
        ...(target === undefined ? {} : { target }),
        buildArgs,
        ...(options.labels ? { labels: options.labels } : {}),
        ...(platform ? { platform } : {}),
        contexts: new Set(options.contexts?.keys()),
        base: images.base,
        ignorePatterns: ignore.patterns,
      }).catch((error: unknown) => {
        if (options.signal?.aborted) throw new BuildCancelledError()
        throw error
      })
      builds.push({ platform: platform ?? DEFAULT_PLATFORM, target, build })
    }
  }
  const times = timePolicy(options, builds[0]?.build.sourceDateEpoch)
  contextTime = times.mode === 'fixed' ? times.nowNs() : undefined
  const needed = new Set(builds.flatMap(({ build }) => build.stages.map(({ index }) => index)))
  const unneeded = dockerfile.stages.flatMap(({ name }, index) => (needed.has(index) ? [] : [name || `stage-${index}`]))
  return { builds, warnings: warningsOf(builds, platforms.length), unneeded, ignore, images, notes, times, contextTime }
}

/** The first build's warnings, and what another target adds; other platforms have the same lines. */
function warningsOf(builds: readonly TargetBuild[], platforms: number): readonly ResolveWarning[] {
  const warnings = [...(builds[0]?.build.warnings ?? [])]
  const nameOf = ({ rule, startLine, message }: ResolveWarning) => JSON.stringify([rule, startLine, message])
  for (let i = platforms; i < builds.length; i += platforms) {
    const known = new Set(warnings.map(nameOf))
    warnings.push(...builds[i]!.build.warnings.filter((warning) => !known.has(nameOf(warning))))
  }
  return warnings
}

function readPlatform(platform: Platform | string): Platform {
  if (typeof platform !== 'string') return platform
  try {
    return parsePlatform(platform)
  } catch (error) {
    throw new InvalidPlatformError(platform, error)
  }
}

/** `sourceDateEpoch` is a build argument to the language, as it is to the reference. */
function buildArgsOf({ buildArgs, sourceDateEpoch }: BuildOptions): ReadonlyMap<string, string> {
  return sourceDateEpoch === undefined
    ? (buildArgs ?? new Map())
    : new Map([...(buildArgs ?? []), ['SOURCE_DATE_EPOCH', String(sourceDateEpoch)]])
}

export const CONTEXT_NOTE = 'context-note'

/** What contexts remember between builds lies in the store, as records of one kind. */
function storeNotes({ store }: BuildOptions): ContextNotes {
  return {
    async load(name) {
      await store.touch(CONTEXT_NOTE, name)
      return store.record(CONTEXT_NOTE, name)
    },
    save: (name, bytes) => store.putRecord(CONTEXT_NOTE, name, bytes),
  }
}
