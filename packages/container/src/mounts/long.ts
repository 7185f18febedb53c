import { InvalidMountSpecError } from '../errors.js'
import { csvFields } from './csv.js'
import type { MountRequest } from './types.js'
import { booleanOf, bytesOf, octalOf } from './values.js'

/** Keys that may stand without a value. */
const BARE = ['readonly', 'ro', 'volume-nocopy', 'bind-nonrecursive']
const PROPAGATION = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave']
const CONSISTENCY = ['default', 'consistent', 'cached', 'delegated']

interface Draft {
  type: string
  source?: string
  target?: string
  readonly: boolean
  readonly volume: {
    nocopy?: boolean
    labels?: Record<string, string>
    driver?: string
    driverOptions?: Record<string, string>
    subpath?: string
  }
  readonly bind: { propagation?: string; nonRecursive?: boolean }
  readonly tmpfs: { size?: number; mode?: number }
}

/**
 * Reads a `--mount` value, a CSV list of `key=value`. The set of keys is closed.
 * @throws InvalidMountSpecError
 */
export function parseLongMount(text: string): MountRequest {
  const draft: Draft = { type: 'volume', readonly: false, volume: {}, bind: {}, tmpfs: {} }
  const fail = (why: string): never => {
    throw new InvalidMountSpecError(text, why)
  }
  for (const field of csvFields(text)) {
    const cut = field.indexOf('=')
    const key = (cut < 0 ? field : field.slice(0, cut)).toLowerCase()
    if (cut < 0 && !BARE.includes(key)) fail(`invalid field '${field}': it must be key=value`)
    setOption(draft, key, cut < 0 ? 'true' : field.slice(cut + 1), fail)
  }
  if (draft.type === '') fail('type is required')
  if (draft.target === undefined) fail('target is required')
  if (draft.type !== 'volume' && Object.keys(draft.volume).length > 0) fail(`cannot mix 'volume-*' options with mount type '${draft.type}'`)
  if (draft.type !== 'bind' && Object.keys(draft.bind).length > 0) fail(`cannot mix 'bind-*' options with mount type '${draft.type}'`)
  if (draft.type !== 'tmpfs' && Object.keys(draft.tmpfs).length > 0) fail(`cannot mix 'tmpfs-*' options with mount type '${draft.type}'`)
  if (draft.type !== 'volume' && draft.type !== 'bind' && draft.type !== 'tmpfs')
    fail(`unknown mount type '${draft.type}': use bind, volume or tmpfs`)
  return {
    type: draft.type as MountRequest['type'],
    target: draft.target!,
    readonly: draft.readonly,
    ...(draft.source === undefined ? {} : { source: draft.source }),
    ...(Object.keys(draft.volume).length > 0 ? { volume: draft.volume } : {}),
    ...(Object.keys(draft.bind).length > 0 ? { bind: draft.bind } : {}),
    ...(Object.keys(draft.tmpfs).length > 0 ? { tmpfs: draft.tmpfs } : {}),
  }
}

function setOption(draft: Draft, key: string, value: string, fail: (why: string) => never): void {
  const invalid = (): never => fail(`invalid value for ${key}: ${value}`)
  switch (key) {
    case 'type':
      draft.type = value.toLowerCase()
      break
    case 'source':
    case 'src':
      draft.source = value
      break
    case 'target':
    case 'dst':
    case 'destination':
      draft.target = value
      break
    case 'readonly':
    case 'ro':
      draft.readonly = booleanOf(value) ?? invalid()
      break
    case 'consistency':
      if (!CONSISTENCY.includes(value.toLowerCase())) invalid()
      break
    case 'bind-propagation':
      draft.bind.propagation = PROPAGATION.includes(value.toLowerCase()) ? value.toLowerCase() : invalid()
      break
    case 'bind-nonrecursive':
      draft.bind.nonRecursive = booleanOf(value) ?? invalid()
      break
    case 'volume-nocopy':
      draft.volume.nocopy = booleanOf(value) ?? invalid()
      break
    case 'volume-label':
      draft.volume.labels = withPair(draft.volume.labels, value)
      break
    case 'volume-driver':
      draft.volume.driver = value
      break
    case 'volume-opt':
      draft.volume.driverOptions = withPair(draft.volume.driverOptions, value)
      break
    case 'volume-subpath':
      draft.volume.subpath = value
      break
    case 'tmpfs-size':
      draft.tmpfs.size = bytesOf(value) ?? invalid()
      break
    case 'tmpfs-mode':
      draft.tmpfs.mode = octalOf(value) ?? invalid()
      break
    default:
      fail(`unexpected key '${key}'`)
  }
}

/** A copy with `key=value` set; the object has no prototype, so any key is just a key. */
function withPair(pairs: Record<string, string> | undefined, text: string): Record<string, string> {
  const cut = text.indexOf('=')
  const result: Record<string, string> = Object.assign(Object.create(null), pairs)
  result[cut < 0 ? text : text.slice(0, cut)] = cut < 0 ? '' : text.slice(cut + 1)
  return result
}
