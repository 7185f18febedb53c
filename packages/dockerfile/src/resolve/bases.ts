import { rules } from '../lint/rules.js'
import { goQuote } from '../text/go-quote.js'
import { suggest } from '../text/suggest.js'
import { fault, located } from './errors.js'
import { namedContext } from './graph.js'
import { formatPlatform, normalizePlatform } from './platform.js'
import { fullReference, parseReference } from './reference.js'
import { blankImage, ownImage, type Session, type StageRegistry, type StageState, scratchImage } from './state.js'
import type { BaseImage, ImageConfig, Platform } from './types.js'

/** Names that a misspelt image is compared with. */
const COMMON = ['alpine', 'busybox', 'centos', 'debian', 'golang', 'ubuntu', 'fedora'].flatMap((name) => [name, `${name}:latest`])

/**
 * Finds what stages stand on: images are loaded side by side for those that are needed; the names of the others are checked all the same,
 * as in the reference.
 * @throws ResolutionFault of the first state in order that has one
 */
export async function loadBases(session: Session, registry: StageRegistry, needed: ReadonlySet<StageState>): Promise<void> {
  const loads: Promise<void>[] = []
  for (const state of registry.states) {
    if (state.base || state.dispatched || state.baseLoaded) continue
    const wanted = session.allStages || needed.has(state)
    state.baseLoaded = wanted
    if (state.baseName === 'scratch' && state.context === undefined) {
      state.resolvedBase = { kind: 'scratch' }
      state.image = scratchImage(session.target)
      state.platform = session.target
      if (!state.stage) state.dispatched = true
      continue
    }
    const load = loadBase(session, registry, state, wanted).catch((error: unknown) => {
      throw located(error, state.range)
    })
    load.catch(() => {}) // handled below, in order
    loads.push(load)
  }
  for (const load of loads) await load
}

async function loadBase(session: Session, registry: StageRegistry, state: StageState, wanted: boolean): Promise<void> {
  const written = state.baseName
  const reference = parseReference(written)
  if (typeof reference === 'string') {
    throw fault('BAD_IMAGE_REFERENCE', `failed to parse stage name ${goQuote(written)}: ${reference}`, hintFor(registry, written))
  }
  state.baseName = fullReference(reference)
  const platform = state.platform ?? session.target
  if (!state.stage) state.dispatched = true
  if (!wanted) {
    state.platform = platform
    return
  }
  if (state.context !== undefined) return replaceStage(session, state, state.context, platform)

  const context = namedContext(session, state.baseName)
  if (context !== undefined) {
    const base = await session.loadBase(context, platform, true)
    useImage(state, base?.config ?? scratchImage(platform))
    state.resolvedBase = { kind: 'image', name: context, platform, id: base?.id ?? context }
    state.platform = platform
    return
  }
  const base = await loadImage(session, registry, state.baseName, written, platform)
  useImage(state, base.config)
  const implicit = state.platform === undefined && session.implicitTarget
  state.platform = implicit ? detectedPlatform(base.config, platform, session.build) : platform
  state.resolvedBase = { kind: 'image', name: state.baseName, platform: state.platform, id: base.id }
  const empty = base.config.rootfs.diff_ids.length === 0 && (base.config.history ?? []).every((entry) => entry.empty_layer)
  if (!empty) checkBasePlatform(session, state, written)
}

/** A stage whose name is that of a named context: the context is the stage, and its instructions are not run. */
async function replaceStage(session: Session, state: StageState, context: string, platform: Platform): Promise<void> {
  const base = await session.loadBase(context, platform, true)
  state.dispatched = true
  useImage(state, base?.config ?? blankImage())
  if (base && base.config.os !== '' && base.config.architecture !== '') {
    const { os, architecture, variant } = base.config
    state.platform = { os, architecture, ...(variant ? { variant } : {}) }
  }
  state.resolvedBase = { kind: 'image', name: context, platform: state.platform ?? platform, id: base?.id ?? context }
}

const UNKNOWN_BASE = 'check the name, and that the image is there for this platform'

async function loadImage(session: Session, registry: StageRegistry, full: string, written: string, platform: Platform): Promise<BaseImage> {
  let found: BaseImage | undefined
  try {
    found = await session.loadBase(full, platform, false)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const suggestion = suggest(written, [...registry.labels(), ...COMMON], true)
    const meant = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`
    // Who could not be asked knows better what to do about it than the name does.
    const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : UNKNOWN_BASE
    throw fault('BASE_UNAVAILABLE', `${written}: ${message}${meant}`, hint, suggestion, error)
  }
  if (!found) throw fault('BASE_UNAVAILABLE', `${written}: ${full}: not found`, UNKNOWN_BASE)
  return found
}

/** The image as the stage starts from it: a copy, without its date. */
function useImage(state: StageState, config: ImageConfig): void {
  const { created: _, ...rest } = config
  state.image = ownImage({ ...rest, config: rest.config ?? {}, rootfs: rest.rootfs ?? { type: 'layers', diff_ids: [] } })
}

/** Where no platform was asked for, an image of the build's own platform decides. */
function detectedPlatform(image: ImageConfig, target: Platform, build: Platform): Platform {
  const same = (platform: Platform) => platform.os === image.os && platform.architecture === image.architecture
  if (same(target)) return target
  return same(build) ? build : target
}

function checkBasePlatform(session: Session, state: StageState, written: string): void {
  const expected = state.platform!
  const { os, architecture, variant } = state.image
  if (expected.os === os && expected.architecture === architecture) return
  const actual = { os, architecture, ...(variant ? { variant } : {}) }
  session.lint.report(
    rules.invalidBaseImagePlatform,
    state.range,
    written,
    formatPlatform(normalizePlatform(expected)),
    formatPlatform(normalizePlatform(actual)),
  )
}

function hintFor(registry: StageRegistry, written: string): string {
  const stage = registry.labels().find((label) => label === written.toLowerCase())
  return stage === undefined
    ? 'write name[:tag][@digest], the name in lower case'
    : `for the stage write ${stage}: names of stages are lower case, and FROM compares them as written`
}
