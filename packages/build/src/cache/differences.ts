import type { PlannedStep } from '../graph/plan.js'
import type { KeyInputs } from './key.js'

/** One input of a step that is not what it was. */
export interface Difference {
  /** Its name in the record: `sources`, `env` … (docs/cache.md). */
  readonly input: string
  /** What exactly, where the input has parts: a variable, a source. */
  readonly part?: string
  /** As the record has them; undefined where one side has none. */
  readonly before: string | undefined
  readonly now: string | undefined
  /** Both sides are to be shown to nobody: a secret's, by its name. */
  readonly hidden?: boolean
}

/** The order in which a reader wants to hear of differences: first what was written, then what is taken, then what it stands on. */
const ORDER = [
  'instruction',
  'files',
  'selection',
  'sources',
  'env',
  'cwd',
  'user',
  'mounts',
  'looks',
  'answers',
  'parent',
  'root',
  'platform',
  'times',
  'executor',
]

const rank = (name: string): number => {
  const at = ORDER.indexOf(name)
  return at < 0 ? ORDER.length : at
}

/** What differs between the inputs of two steps. */
export function differencesOf(before: KeyInputs, now: KeyInputs): Difference[] {
  const names = [...new Set([...before.keys(), ...now.keys()])].sort((a, b) => rank(a) - rank(b))
  return names.flatMap((input): Difference[] => {
    const [old, latest] = [before.get(input), now.get(input)]
    if (old === latest) return []
    const parts = input === 'env' || input === 'sources' ? differingParts(old, latest) : []
    return parts.length > 0 ? parts.map((part) => ({ input, ...part })) : [{ input, before: old, now: latest }]
  })
}

/** Lists of `[name, …]`: which names are new, gone or changed. Empty where a side is no list or only the order differs. */
function differingParts(before: string | undefined, now: string | undefined): Omit<Difference, 'input'>[] {
  const [old, latest] = [partsOf(before), partsOf(now)]
  if (!old || !latest) return []
  return [...new Set([...old.keys(), ...latest.keys()])].flatMap((part) => {
    const [a, b] = [old.get(part), latest.get(part)]
    return a === b ? [] : [{ part, before: a, now: b }]
  })
}

function partsOf(text: string | undefined): Map<string, string> | undefined {
  try {
    const list = JSON.parse(text ?? 'null') as unknown
    if (!Array.isArray(list)) return undefined
    return new Map(
      list.map(([name, ...rest]: [string, ...unknown[]]) => [name, rest.length === 1 ? String(rest[0]) : JSON.stringify(rest)]),
    )
  } catch {
    return undefined
  }
}

/** What a changed input is called. */
const WORDS: Readonly<Record<string, string>> = {
  instruction: 'the instruction changed',
  selection: 'the instruction takes other files',
  root: 'what it is built on changed',
  parent: 'a step above it ran again',
  sources: 'the files it takes changed',
  looks: 'it looked at other things',
  answers: 'something that it looked at changed',
  platform: 'the platform changed',
  times: 'the rule for file times changed',
  cwd: 'the working directory changed',
  user: 'the user changed',
  executor: 'another kind of executor runs it',
  mounts: 'a mount changed',
  files: 'the heredoc changed',
  hosts: 'the lines for /etc/hosts changed',
  limits: 'the limits changed',
}

/** Differences in words, the first ones that matter. `''` where there are none. */
export function inWords(differences: readonly Difference[], step: PlannedStep): string {
  return [...new Set(differences.map((difference) => wordsFor(difference, step)))].join('; ')
}

/** One difference in words. */
export function wordsFor({ input, part, before, now, hidden }: Difference, step: PlannedStep): string {
  if (part === undefined || part === '') return WORDS[input] ?? `${input} changed`
  if (input === 'variables') return `\`${keywordOf(part, step)} ${part}\` is used here and ${hidden ? 'changed' : changeOf(before, now)}`
  const what = before === undefined ? 'is new' : now === undefined ? 'is gone' : 'changed'
  if (input !== 'env') return `\`${part}\` ${what}`
  return `\`${keywordOf(part, step)} ${part}\` is ${mentions(step, part) ? 'used' : 'in scope'} here and ${what}`
}

function changeOf(before: string | undefined, now: string | undefined): string {
  if (before === undefined) return `is \`${shortened(now ?? '')}\` now`
  if (now === undefined) return `is not set any more: it was \`${shortened(before)}\``
  return `changed from \`${shortened(before)}\` to \`${shortened(now)}\``
}

const shortened = (value: string): string => (value.length > SHOWN_VALUE ? `${value.slice(0, SHOWN_VALUE)}…` : value)

/** Characters of a value that a sentence shows. */
const SHOWN_VALUE = 60

/** What is not in the environment of the image is a build argument. */
const keywordOf = (name: string, { stage }: PlannedStep): 'ARG' | 'ENV' =>
  // prefix-ok: a variable and its value
  stage.image.config.Env?.some((entry) => entry.startsWith(`${name}=`)) ? 'ENV' : 'ARG'

/** Whether the text of a RUN names a variable; a program that it starts may read more. */
function mentions({ step }: PlannedStep, name: string): boolean {
  if (step.kind !== 'run') return false
  const text = [...step.argv, ...step.files.map(({ data }) => data)].join('\n')
  return [...text.matchAll(/\$\{?[!#]?([A-Za-z_][A-Za-z0-9_]*)/g)].some((match) => match[1] === name)
}
