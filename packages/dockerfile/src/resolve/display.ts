import { expandWord } from '../words/expand.js'
import type { EnvLookup } from '../words/types.js'
import type { Session, StageState } from './state.js'

const upperKeyword = (text: string): string => text.replace(/^[^ ]*/, (keyword) => keyword.toUpperCase())

function expanded(text: string, lookup: EnvLookup, options: Parameters<typeof expandWord>[2]): string {
  try {
    return expandWord(text, lookup, options).result
  } catch {
    return text // it is only shown: what can't be expanded is shown as written
  }
}

/** How an instruction is shown in progress: its variables expanded, its keyword in capitals. */
export function shownCommand(session: Session, state: StageState, text: string): string {
  return upperKeyword(expanded(text, state.environment.lookup, { escape: session.escape }))
}

/** How a RUN is shown: quotes and unset variables stay, and values that come from secrets are stars (S40). */
export function shownRun(session: Session, state: StageState, text: string, secrets: ReadonlySet<string>): string {
  const lookup: EnvLookup = (name) => (secrets.has(name) ? '****' : state.environment.get(name))
  return upperKeyword(expanded(text, lookup, { escape: session.escape, profile: 'run-display' }))
}

/** The first line of a here-document, as a summary. */
export function summary(document: string): string {
  const lines = document.trim().replaceAll('\r\n', '\n').split('\n')
  return lines.length > 1 ? `${lines[0]}...` : lines[0]!
}
