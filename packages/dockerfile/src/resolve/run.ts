import type { RunInstruction } from '../instructions/types.js'
import { chompHeredocBytes } from '../parse/heredoc.js'
import { expandWords } from '../words/expand.js'
import { shownRun, summary } from './display.js'
import { fault } from './errors.js'
import type { Expansion } from './expansion.js'
import { argumentPrefix, commit } from './history.js'
import { readMounts, resolveMounts } from './mounts.js'
import { withShell } from './settings.js'
import type { Command, Session, StageState } from './state.js'
import type { InlineFile } from './types.js'

const PIPES = '/dev/pipes/'

/** The text is one here-document and nothing else (`<<EOF`), so its body is the script. */
function isLoneHeredoc(text: string): boolean {
  const match = /^\d*<<-?\s*([^<]*)$/.exec(text)
  if (!match || match[1] === '') return false
  try {
    return expandWords(match[1]!, () => undefined, { profile: 'heredoc-name' }).words.length === 1
  } catch {
    return false
  }
}

interface Script {
  readonly args: readonly string[]
  readonly files: readonly InlineFile[]
  /** Behind the instruction's text where it is shown. */
  readonly note: string
}

/** What is run: the command line with its here-documents in the form in which the shell gets them. */
function scriptOf(state: StageState, { args, heredocs }: RunInstruction): Script {
  const [first] = heredocs
  if (!first) return { args, files: [], note: '' }
  const text = args[0] ?? ''
  if (!isLoneHeredoc(text)) {
    const bodies = heredocs.map(({ name, data }) => `\n${data}${name}`)
    return { args: [text + bodies.join('')], files: [], note: '' }
  }
  const data = first.chomp ? first.data.replace(/^\t+/gm, '') : first.data
  const note = ` (${summary(first.data)})`
  if (state.image.os === 'windows' || !data.startsWith('#!')) return { args: [data], files: [], note }
  // The shell is handed the path of the file, which has an interpreter of its own in its first line.
  const bytes = first.bytes && (first.chomp ? chompHeredocBytes(first.bytes) : first.bytes)
  return { args: [PIPES + first.name], files: [{ name: first.name, data, ...(bytes ? { bytes } : {}) }], note }
}

/** Variables of the process: the stage's in order, then what build arguments say about proxies, declared or not. */
function processEnv(session: Session, state: StageState): [string, string][] {
  const environment = state.environment.copy()
  const proxies = new Map<string, string>()
  for (const name of [...session.buildArgs.keys()].sort()) {
    const lower = name.toLowerCase()
    if (['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'].includes(lower))
      proxies.set(lower, session.buildArgs.get(name)!)
  }
  for (const name of ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy']) {
    const value = proxies.get(name)
    if (!value) continue
    environment.set(name.toUpperCase(), value)
    environment.set(name, value)
  }
  return environment.entries()
}

/** @throws ResolutionFault, MountError, WordError */
export function run(session: Session, state: StageState, { sources }: Command, instruction: RunInstruction, { word }: Expansion): void {
  const mounts = readMounts(instruction, word)
  const script = scriptOf(state, instruction)
  const shellForm = instruction.form === 'shell'
  const argv = shellForm ? withShell(state.image, script.args) : script.args
  const resolvedMounts = resolveMounts(state, mounts, sources)
  if (instruction.devices.length > 0) {
    throw fault('DEVICE_UNSUPPORTED', 'device feature is only supported in Dockerfile frontend 1.14.0-labs or later', 'remove --device')
  }
  const secrets = new Set(mounts.flatMap(({ type, env }) => (type === 'secret' && env !== null ? [env] : [])))
  const display = shownRun(session, state, instruction.source + script.note, secrets)
  const text = ['RUN', ...argumentPrefix(state.args, state.environment), ...argv].join(' ')
  const createdBy = commit(session, state, text === 'RUN' ? 'RUN ' : text, { layer: true, marked: true })
  const { startLine, endLine, network, security } = instruction
  state.steps.push({
    kind: 'run',
    startLine,
    endLine,
    display,
    createdBy,
    argv,
    ...(shellForm ? { script: script.args.join(' ') } : {}),
    env: processEnv(session, state),
    files: script.files,
    cwd: state.cwd,
    user: state.image.config.User ?? '',
    mounts: resolvedMounts,
    network,
    security,
  })
}
