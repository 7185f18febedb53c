import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, isAbsolute, relative } from 'node:path'
import { type BuildContext, type BuildEvent, isRemoteContext, type NamedContext } from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import type { NodeBuildOptions } from '../build.js'
import { chooseExecutor, type ExecutorKind } from '../executor.js'
import { baseImages } from './bases.js'
import { type CacheFlags, readCacheFlags } from './cache-flags.js'
import { readInput } from './descriptors.js'
import { UsageError } from './errors.js'
import { watchIgnoreFiles } from './ignore-files.js'
import { withIgnoreFileBeside } from './outside-dockerfile.js'
import { type RunFlags, readEntitlements, readRunSettings } from './run-settings.js'
import { readSecrets } from './secrets.js'
import { parseAssignments } from './specs.js'
import type { GlobalOptions, UserStore } from './store.js'

/** The flags that say what is built: `build`, `plan` and `explain` have them. */
export interface WhatFlags extends GlobalOptions, CacheFlags, RunFlags {
  readonly file?: string
  readonly target: string[]
  readonly buildArg: string[]
  readonly label: string[]
  readonly platform?: string
  /** commander's name for --no-cache */
  readonly cache: boolean
  readonly pull?: boolean
  readonly mirror?: readonly string[]
  readonly secret: string[]
  readonly sourceDateEpoch?: string
  readonly timestamps: 'fixed' | 'source'
  readonly modes: 'source' | 'git'
  readonly buildContext: string[]
  readonly executor: ExecutorKind
  readonly gitignore?: boolean
}

/** What flags ask for, checked before anything is opened. @throws UsageError and others for what can be refused */
export async function readWhat(flags: WhatFlags) {
  await checkMirrors(flags.mirror, process.env)
  return {
    cache: readCacheFlags(flags),
    executor: await chooseExecutor(flags.executor),
    secrets: readSecrets(flags.secret),
    run: readRunSettings(flags, process.env),
    allow: readEntitlements(flags),
    epoch: readEpoch(flags.sourceDateEpoch ?? process.env.SOURCE_DATE_EPOCH),
  }
}

/** What names no mirror is refused before a registry is asked. Their code is loaded where there are any. @throws UsageError */
export async function checkMirrors(flags: readonly string[] = [], environment: NodeJS.ProcessEnv): Promise<void> {
  if (flags.length === 0 && !environment.LAYERWRIGHT_MIRRORS) return
  const { readMirrors } = await import('./mirrors.js')
  readMirrors(flags, environment)
}

/** The options of a build. @param found told where the Dockerfile's text is, as soon as that is known */
export async function openWhat(
  place: string,
  flags: WhatFlags,
  store: UserStore,
  { epoch, ...asked }: Awaited<ReturnType<typeof readWhat>>,
  listen: { readonly signal: AbortSignal; onEvent(event: BuildEvent): void; found(read: () => Promise<Uint8Array | undefined>): void },
): Promise<NodeBuildOptions> {
  // a variable that is not set must not build what one happens to stand in
  if (place === '') throw new UsageError('the context has no name', 'name a folder; . is the one that you are in')
  const source = flags.gitignore ? gitContext(place) : await contextOf(place, store, listen.signal)
  const { outside, ...file } = dockerfileOf(flags.file, place)
  const opened = outside === undefined ? source : withIgnoreFileBeside(source, outside, file.dockerfile ?? 'Dockerfile')
  listen.found(async () => file.dockerfileText ?? opened.readFile(file.dockerfile ?? 'Dockerfile'))
  const tell = (message: string) => listen.onEvent({ type: 'notice', code: 'UNREAD_IGNORE_FILE', message })
  return {
    ...asked,
    context: isFolder(place) ? watchIgnoreFiles(opened, place, file.dockerfile ?? 'Dockerfile', tell) : opened,
    store,
    contexts: await namedContexts(flags.buildContext, store),
    buildArgs: parseAssignments('build-arg', flags.buildArg, process.env),
    labels: parseAssignments('label', flags.label),
    noCache: !flags.cache,
    timestamps: flags.timestamps,
    modes: flags.modes,
    signal: listen.signal,
    onEvent: (event: BuildEvent) => listen.onEvent(event),
    images: baseImages(store, flags),
    ...file,
    ...(flags.target.length === 0 ? {} : { targets: flags.target }),
    ...(flags.platform === undefined ? {} : { platforms: flags.platform.split(',') }),
    ...(epoch === undefined ? {} : { sourceDateEpoch: epoch }),
  }
}

/** @throws UsageError */
function gitContext(place: string) {
  if (isFolder(place)) return hostContext(place, { gitignore: true })
  throw new UsageError(`--gitignore: ${place} is no folder`, 'leave it out: only a folder has .gitignore files that were not applied yet')
}

/** What is not a folder needs code that is loaded for it. */
async function contextOf(place: string, store: UserStore, signal: AbortSignal): Promise<BuildContext> {
  return isFolder(place) ? hostContext(place) : (await import('./contexts.js')).openContext(place, store, signal)
}

async function namedContexts(specs: readonly string[], store: UserStore): Promise<Map<string, NamedContext>> {
  return specs.length === 0 ? new Map() : (await import('./contexts.js')).readContexts(specs, store)
}

const isFolder = (place: string): boolean => place !== '-' && !isRemoteContext(place)

/**
 * `--file` is a path of this machine, as Docker has it, and may lie outside the context. Where there is none of that name here it is taken as a path in
 * the context, which is what it is for a context that is no folder.
 */
function dockerfileOf(file: string | undefined, place: string): { dockerfile?: string; dockerfileText?: Uint8Array; outside?: string } {
  if (file === undefined) return {}
  if (file === '-') return { dockerfileText: readInput() }
  if (!existsSync(file)) return { dockerfile: file }
  if (statSync(file).isDirectory()) throw new UsageError(`--file ${file}: it is a folder`, 'name the Dockerfile in it')
  const inside = existsSync(place) ? relative(realpathSync(place), realpathSync(file)) : '..'
  if (inside !== '..' && !inside.startsWith('../') && !isAbsolute(inside)) return { dockerfile: inside } // prefix-ok: the whole first component
  return { dockerfile: basename(file), dockerfileText: new Uint8Array(readFileSync(file)), outside: file }
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
