import type { Dockerfile } from '../dockerfile-types.js'
import { WordError } from '../errors.js'
import type { ArgInstruction } from '../instructions/types.js'
import { LintReporter } from '../lint/reporter.js'
import { noCheckOptions } from '../parse/check-options.js'
import type { EscapeToken, LineRange } from '../parse/types.js'
import { platformArguments } from '../resolve/global-args.js'
import { reachable } from '../resolve/graph.js'
import { openDockerfile } from '../resolve/open.js'
import { type Resolution, resolveStages } from '../resolve/resolve.js'
import { standIn } from '../resolve/stand-in.js'
import type { Session, StageState } from '../resolve/state.js'
import { expandWord } from '../words/expand.js'
import type { EnvLookup } from '../words/types.js'
import { listTargets } from './targets.js'
import type { Outline, OutlineArg, OutlineMount, OutlineOptions, OutlineSecret } from './types.js'

/**
 * What a target can be given and what it asks for: arguments with their defaults and descriptions, secrets, agents, caches and mounts. Nothing
 * is built and, without `base`, nothing is loaded.
 * @throws DockerfileSyntaxError, ResolveError as a build of the target does
 */
export async function outlineDockerfile(source: string | Uint8Array, options: OutlineOptions = {}): Promise<Outline> {
  const { limits, buildArgs = new Map(), platform, contexts, target, base = standIn } = options
  const dockerfile = openDockerfile(source, { buildArgs, ...(limits ? { limits } : {}) })
  const asked = { buildArgs, base, ...(target ? { target } : {}), ...(platform ? { platform } : {}), ...(contexts ? { contexts } : {}) }
  const resolution = await resolveStages(dockerfile, asked, new LintReporter(noCheckOptions), false)
  const needed = neededStages(resolution)
  const mounts = needed.flatMap(mountsOf)
  return {
    target: listTargets(source, options)[resolution.target.index]!,
    stages: needed.map(stageName),
    args: collectArgs(dockerfile, resolution, needed),
    secrets: collectAsked(mounts, 'secret'),
    ssh: collectAsked(mounts, 'ssh'),
    caches: collectCaches(mounts),
    mounts,
  }
}

const stageName = ({ stage, index }: StageState): string => stage?.name || String(index)
const lines = ({ startLine, endLine }: LineRange): LineRange => ({ startLine, endLine })

/** In the order of the file, so that the target is the last. A stage that a named context replaces brings nothing of its own. */
function neededStages({ registry, target }: Resolution): StageState[] {
  const needed = reachable(target)
  return registry.states.filter((state) => needed.has(state) && state.stage && (state.context === undefined || state === target))
}

function mountsOf(state: StageState): OutlineMount[] {
  return state.steps.flatMap((step) =>
    step.kind === 'run' ? step.mounts.map((mount) => ({ stage: stageName(state), mount, ...lines(step) })) : [],
  )
}

function collectAsked(mounts: readonly OutlineMount[], type: 'secret' | 'ssh'): OutlineSecret[] {
  const found = new Map<string, { required: boolean; locations: LineRange[] }>()
  for (const { mount, ...range } of mounts) {
    if (mount.type !== type || mount.id === undefined) continue
    const entry = found.get(mount.id) ?? { required: false, locations: [] }
    entry.required ||= mount.required ?? false
    entry.locations.push(lines(range))
    found.set(mount.id, entry)
  }
  return [...found].map(([id, entry]) => ({ id, ...entry }))
}

function collectCaches(mounts: readonly OutlineMount[]): Outline['caches'] {
  const found = new Map<string, { targets: Set<string>; locations: LineRange[] }>()
  for (const { mount, ...range } of mounts) {
    if (mount.type !== 'cache' || mount.id === undefined) continue
    const entry = found.get(mount.id) ?? { targets: new Set(), locations: [] }
    if (mount.target !== undefined) entry.targets.add(mount.target)
    entry.locations.push(lines(range))
    found.set(mount.id, entry)
  }
  return [...found].map(([id, { targets, locations }]) => ({ id, targets: [...targets], locations }))
}

/** Every name that a word may look up, whichever branch of its substitutions is taken. */
function namesIn(word: string, { globals, escape: token }: Session): Set<string> {
  const names = new Set<string>()
  if (!word.includes('$')) return names
  for (const lookup of [globals.environment.lookup, () => undefined]) {
    const { matched, unmatched } = lookedUp(word, lookup, token)
    for (const name of [...matched, ...unmatched]) names.add(name)
  }
  return names
}

function lookedUp(word: string, lookup: EnvLookup, token: EscapeToken): Pick<WordError, 'matched' | 'unmatched'> {
  try {
    return expandWord(word, lookup, { escape: token })
  } catch (error) {
    // `${NAME:?}` without a value, which it has in the build
    if (error instanceof WordError) return error
    throw error
  }
}

/** Arguments above the first FROM that the needed stages' FROM lines use, by way of each other's defaults too. */
function usedGlobals({ metaArgs }: Dockerfile, needed: readonly StageState[], session: Session): ReadonlySet<string> {
  const used = new Set<string>()
  for (const { stage } of needed) {
    for (const name of [...namesIn(stage!.baseName, session), ...namesIn(stage!.platform, session)]) used.add(name)
    for (const command of stage!.commands) {
      if (command.name === 'ARG') for (const { key, value } of command.args) if (value === null) used.add(key)
    }
  }
  // Each default sees the arguments before it, so one pass from the last to the first finds all.
  for (const { key, value } of metaArgs.flatMap(({ args }) => args).reverse()) {
    if (used.has(key) && value !== null) for (const name of namesIn(value, session)) used.add(name)
  }
  return used
}

interface OpenArg {
  description: string
  default: string | null
  value: string | null
  readonly locations: LineRange[]
}

function collectArgs(dockerfile: Dockerfile, { session, target }: Resolution, needed: readonly StageState[]): OutlineArg[] {
  const globals = usedGlobals(dockerfile, needed, session)
  const found = new Map<string, OpenArg>()
  const note = (instruction: ArgInstruction, wanted: (name: string) => boolean, value: (name: string) => string | undefined) => {
    for (const { key, value: written, doc } of instruction.args) {
      if (!wanted(key)) continue
      const entry = found.get(key) ?? { description: '', default: null, value: null, locations: [] }
      if (entry.description === '') entry.description = doc
      entry.default ??= written
      entry.value = value(key) ?? entry.value
      entry.locations.push(lines(instruction))
      found.set(key, entry)
    }
  }
  for (const instruction of dockerfile.metaArgs) {
    note(
      instruction,
      (name) => globals.has(name),
      (name) => session.globals.environment.get(name),
    )
  }
  // The target's own value goes last and wins.
  for (const state of [...needed.filter((each) => each !== target), target]) {
    const values = new Map(state.args.map(({ key, value }) => [key, value]))
    for (const command of state.stage?.commands ?? []) {
      if (command.name !== 'ARG') continue
      note(
        command,
        () => true,
        (name) => values.get(name),
      )
    }
  }
  const predefined = new Set(automatic(session))
  return [...found].map(([name, arg]) => ({ name, ...arg, predefined: predefined.has(name) }))
}

const automatic = ({ build, target }: Session): string[] => platformArguments(build, target, '', new Map()).names()
