import { MountError, type MountErrorCode } from '../errors.js'
import { parseBool } from '../parse/check-options.js'
import { goQuote } from '../text/go-quote.js'
import { suggest } from '../text/suggest.js'
import { splitCsv } from './csv.js'
import type { Mount, MountSharing, MountType } from './mount-types.js'
import { parseBytes, parseUint32 } from './numbers.js'

const types: readonly string[] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] satisfies MountType[]
const sharings: readonly string[] = ['shared', 'private', 'locked'] satisfies MountSharing[]
/** Those that misspellings are compared with: the reference's list, in its order, which leaves out the three that came later. */
const suggested = [
  ...['type', 'from', 'source', 'target', 'readonly', 'id', 'sharing', 'required', 'mode', 'uid', 'gid'],
  ...['src', 'dst', 'ro', 'rw', 'readwrite'],
]
const keys = [...suggested, 'size', 'env', 'destination']

type Draft = { -readonly [K in keyof Mount]: Mount[K] } & { writable: boolean | undefined }

function fail(code: MountErrorCode, message: string, hint: string, suggestion?: string): never {
  if (suggestion === undefined) throw new MountError(code, message, hint)
  throw new MountError(code, `${message} (did you mean ${suggestion}?)`, `Did you mean \`${suggestion}\`? ${hint}`, suggestion)
}

function splitFields(raw: string): string[] {
  const fields = splitCsv(raw)
  if (Array.isArray(fields)) return fields
  return fail('BAD_CSV', `failed to parse csv mounts: ${fields.message}`, 'Write --mount=type=…,option=value,… without blanks.')
}

/** The key of a field, lower case, and its value; no value behind a bare word such as `ro`. */
function cutField(field: string): { key: string; value: string | undefined } {
  const equals = field.indexOf('=')
  return equals < 0
    ? { key: field.toLowerCase(), value: undefined }
    : { key: field.slice(0, equals).toLowerCase(), value: field.slice(equals + 1) }
}

/**
 * What the second pass checks of a mount: its punctuation, and that `from` has no variable. All else waits for its words to be expanded.
 * @throws MountError
 */
export function checkMount(raw: string): void {
  for (const field of splitFields(raw)) {
    const { key, value } = cutField(field)
    const dollar = key === 'from' && value !== undefined ? value.indexOf('$') : -1
    if (dollar >= 0 && dollar < value!.length - 1) {
      const message = `'${key}' doesn't support variable expansion, define alias stage instead`
      fail('NO_EXPANSION', message, 'Write `FROM …$NAME… AS alias` above and `from=alias` here.')
    }
  }
}

/**
 * Reads the value of `RUN --mount`. The set of options is closed: an unknown one is an error (S20).
 * @param raw `type=cache,target=/root/.cache`
 * @param expand what each option's value goes through first, usually variable expansion
 * @throws MountError, and whatever `expand` throws
 */
export function parseMount(raw: string, expand: (word: string) => string): Mount {
  const draft: Draft = {
    ...{ type: 'bind', from: '', source: '', target: '', readonly: false, sizeLimit: 0, id: '', sharing: '', required: false },
    ...{ env: null, mode: null, uid: null, gid: null, writable: undefined },
  }
  for (const field of splitFields(raw)) {
    const { key, value } = cutField(field)
    if (value === undefined) applyWord(draft, key, field)
    else applyOption(draft, key, expand(value), field)
  }
  const { writable, ...mount } = draft
  mount.readonly = writable === undefined ? mount.type !== 'cache' && mount.type !== 'tmpfs' : !writable
  checkCombination(mount)
  return mount
}

function canBeRequired(draft: Draft, key: string): void {
  if (draft.type !== 'secret' && draft.type !== 'ssh') misplaced(draft, key)
}

function misplaced(draft: Draft, key: string): never {
  const hint =
    key === 'size' ? 'Only tmpfs mounts have a size; write type=tmpfs in front of it.' : 'Only secret and ssh mounts can be required.'
  return fail('MOUNT_OPTION_MISPLACED', `unexpected key '${key}' for mount type '${draft.type}'`, hint)
}

function applyWord(draft: Draft, key: string, field: string): void {
  if (key === 'readonly' || key === 'ro') draft.writable = false
  else if (key === 'readwrite' || key === 'rw') draft.writable = true
  else if (key === 'required') {
    canBeRequired(draft, key)
    draft.required = true
  } else fail('MOUNT_OPTION_MISSING', `invalid field '${field}' must be a key=value pair`, `Write ${field}=value.`)
}

function readBool(key: string, value: string): boolean {
  return parseBool(value) ?? fail('BAD_MOUNT_VALUE', `invalid value for ${key}: ${value}`, 'Write true or false.')
}

function readNumber(key: string, value: string, base: 8 | 10): number {
  const hint = base === 8 ? 'Write an octal number, for example 0755.' : 'Write a number from 0 to 4294967295.'
  return parseUint32(value, base) ?? fail('BAD_MOUNT_VALUE', `invalid value ${value} for ${key}`, hint)
}

/** `key=value`; the type has to stand in front of the options that depend on it. */
function applyOption(draft: Draft, key: string, value: string, field: string): void {
  switch (key) {
    case 'type': {
      const type = value.toLowerCase()
      if (!types.includes(type)) {
        const hint = `The types are ${types.join(', ')}.`
        fail('UNKNOWN_MOUNT_TYPE', `unsupported mount type ${goQuote(value)}`, hint, suggest(value, types, true))
      }
      draft.type = type as MountType
      return
    }
    case 'from':
      draft.from = value
      return
    case 'source':
    case 'src':
      draft.source = value
      return
    case 'target':
    case 'dst':
    case 'destination':
      draft.target = value
      return
    case 'readonly':
    case 'ro':
      draft.writable = !readBool(key, value)
      return
    case 'readwrite':
    case 'rw':
      draft.writable = readBool(key, value)
      return
    case 'required':
      canBeRequired(draft, key)
      draft.required = readBool(key, value)
      return
    case 'size':
      if (draft.type !== 'tmpfs') misplaced(draft, key)
      draft.sizeLimit = parseBytes(value) ?? fail('BAD_MOUNT_VALUE', `invalid value for ${key}: ${value}`, 'Write a size, for example 64m.')
      return
    case 'id':
      draft.id = value
      return
    case 'sharing': {
      const sharing = value.toLowerCase()
      if (!sharings.includes(sharing)) {
        const hint = `The values are ${sharings.join(', ')}.`
        fail('BAD_MOUNT_VALUE', `unsupported sharing value ${goQuote(value)}`, hint, suggest(value, sharings, true))
      }
      draft.sharing = sharing as MountSharing
      return
    }
    case 'mode':
      draft.mode = readNumber(key, value, 8)
      return
    case 'uid':
      draft.uid = readNumber(key, value, 10)
      return
    case 'gid':
      draft.gid = readNumber(key, value, 10)
      return
    case 'env':
      draft.env = value
      return
    default:
      fail(
        'UNKNOWN_MOUNT_OPTION',
        `unexpected key '${key}' in '${field}'`,
        `The options are ${keys.join(', ')}.`,
        suggest(key, suggested, true),
      )
  }
}

function checkCombination(mount: Omit<Draft, 'writable'>): void {
  const conflict = (message: string, hint: string) => fail('MOUNT_OPTION_CONFLICT', message, hint)
  if (mount.type === 'bind' || mount.type === 'tmpfs') {
    for (const key of ['mode', 'uid', 'gid'] as const) {
      if (mount[key] !== null)
        conflict(`${key} not allowed for "${mount.type}" type mounts`, `Leave ${key} out; cache, secret and ssh mounts have one.`)
    }
  }
  if (mount.type === 'secret') {
    if (mount.from !== '') conflict('secret mount should not have a from', 'Secrets come from the caller: name one with id=.')
    if (mount.sharing !== '') conflict('secret mount should not define sharing', 'Leave sharing out; only cache mounts have it.')
    if (mount.source === '' && mount.target === '' && mount.id === '') {
      fail('MOUNT_OPTION_MISSING', 'invalid secret mount. one of source, target required', 'Name the secret with id=.')
    }
    if (mount.source !== '' && mount.id !== '') conflict("both source and id can't be set", 'Keep id=.')
  }
  if (mount.sharing !== '' && mount.type !== 'cache') {
    conflict(`invalid cache sharing set for ${mount.type} mount`, 'Leave sharing out; only cache mounts have it.')
  }
}
