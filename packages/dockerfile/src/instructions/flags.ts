import { suggest } from '../text/suggest.js'
import { fault } from './faults.js'

/** What a flag takes: `--f` or `--f=true`; one text; a text each time it is given. */
export type FlagKind = 'boolean' | 'text' | 'texts'

/** The flags of one instruction, as given. */
export class Flags {
  private readonly values: ReadonlyMap<string, readonly string[]>

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.values = values
  }

  /** The value of a `text` flag, `otherwise` if it was not given. */
  text(name: string, otherwise = ''): string {
    return this.values.get(name)?.[0] ?? otherwise
  }

  texts(name: string): readonly string[] {
    return this.values.get(name) ?? []
  }

  boolean(name: string): boolean {
    return this.values.get(name)?.[0] === 'true'
  }

  /** `null` if the flag was not given. */
  optionalBoolean(name: string): boolean | null {
    const value = this.values.get(name)?.[0]
    return value === undefined ? null : value === 'true'
  }

  /** Names given, sorted. */
  used(): string[] {
    return [...this.values.keys()].sort()
  }
}

const none = new Flags(new Map())
const noKinds: ReadonlyMap<string, FlagKind> = new Map()

/**
 * Checks flags against those that an instruction knows.
 * @param written `--name` or `--name=value`, unquoted
 * @throws InstructionFault UNKNOWN_FLAG, DUPLICATE_FLAG, FLAG_NEEDS_VALUE, INVALID_FLAG_VALUE
 */
export function readFlags(written: readonly string[], known: ReadonlyMap<string, FlagKind> = noKinds): Flags {
  if (written.length === 0) return none
  const values = new Map<string, string[]>()
  for (const flag of written) {
    const equals = flag.indexOf('=')
    const name = flag.slice(2, equals < 0 ? undefined : equals)
    const value = equals < 0 ? undefined : flag.slice(equals + 1)
    const kind = known.get(name)
    if (kind === undefined) throw unknownFlag(name, known)
    const given = values.get(name)
    if (given && kind !== 'texts') {
      throw fault('DUPLICATE_FLAG', `duplicate flag specified: --${name}`, `Keep one --${name}.`, { focus: `--${name}` })
    }
    const read = kind === 'boolean' ? readBoolean(name, value) : readText(name, value)
    if (given) given.push(read)
    else values.set(name, [read])
  }
  return new Flags(values)
}

function unknownFlag(name: string, known: ReadonlyMap<string, FlagKind>) {
  const names = [...known.keys()].map((key) => `--${key}`).join(', ')
  const hint = names === '' ? 'This instruction has no flags.' : `Its flags are ${names}.`
  return fault('UNKNOWN_FLAG', `unknown flag: --${name}`, hint, {
    suggestion: suggest(name, known.keys(), true),
    focus: `--${name}`,
  })
}

function readText(name: string, value: string | undefined): string {
  if (value === undefined)
    throw fault('FLAG_NEEDS_VALUE', `missing a value on flag: --${name}`, `Write --${name}=value, without blanks.`, { focus: `--${name}` })
  return value
}

function readBoolean(name: string, value: string | undefined): string {
  if (value === undefined) return 'true'
  if (value === '')
    throw fault('FLAG_NEEDS_VALUE', `missing a value on flag: --${name}`, `Write --${name}, or --${name}=false.`, { focus: `--${name}` })
  const lower = value.toLowerCase()
  if (lower !== 'true' && lower !== 'false') {
    const message = `expecting boolean value for flag --${name}, not: ${value}`
    throw fault('INVALID_FLAG_VALUE', message, `Write --${name}=true or --${name}=false.`, { focus: `--${name}` })
  }
  return lower
}
