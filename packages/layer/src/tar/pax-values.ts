import { decodeName } from '@layerwright/vfs'
import { TarError } from '../errors.js'
import { decodePax, parsePaxTime } from './pax.js'

/** What the PAX records in force say. An absent field is not overridden. */
export interface PaxValues {
  readonly path?: string | undefined
  readonly linkPath?: string | undefined
  readonly size?: number | undefined
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  readonly mtime?: { readonly seconds: number; readonly nanos: number } | undefined
  readonly major?: number | undefined
  readonly minor?: number | undefined
  readonly xattrs?: ReadonlyMap<string, Uint8Array>
  /** GNU sparse 0.1 and 1.0: the real name; the header's own is made up. */
  readonly sparseName?: string
  readonly sparse?: {
    readonly size?: number
    readonly runs?: [number, number][]
    /** Version 1.0: the map stands before the data. */
    readonly mapInData?: boolean
  }
}

const XATTR = 'SCHILY.xattr.'
const XATTR_BASE64 = 'LIBARCHIVE.xattr.'

/** The values with the records of one more extended header over them. An empty value takes one back. @throws TarError TAR_PAX_INVALID */
export function applyPax(before: PaxValues, payload: Uint8Array, offset: number): PaxValues {
  const values: { -readonly [K in keyof PaxValues]: PaxValues[K] } = { ...before }
  const xattrs = new Map(before.xattrs)
  const sparse = { ...before.sparse } as { size?: number; runs?: [number, number][]; mapInData?: boolean }
  let isSparse = before.sparse !== undefined
  let pendingOffset: number | undefined
  for (const [key, value] of decodePax(payload, offset)) {
    const text = () => textOf(value, key, offset)
    const integer = () => integerOf(value, key, offset)
    switch (key) {
      case 'path':
        setOrDelete(values, 'path', text())
        break
      case 'linkpath':
        setOrDelete(values, 'linkPath', text())
        break
      case 'size':
      case 'uid':
      case 'gid':
        setOrDelete(values, key, value.length === 0 ? undefined : integer())
        break
      case 'mtime':
        setOrDelete(values, 'mtime', value.length === 0 ? undefined : timeOf(value, offset))
        break
      case 'SCHILY.devmajor':
        setOrDelete(values, 'major', value.length === 0 ? undefined : integer())
        break
      case 'SCHILY.devminor':
        setOrDelete(values, 'minor', value.length === 0 ? undefined : integer())
        break
      case 'GNU.sparse.major':
        isSparse = true
        sparse.mapInData = integer() >= 1
        break
      case 'GNU.sparse.name':
        isSparse = true
        values.sparseName = text()
        break
      case 'GNU.sparse.size':
      case 'GNU.sparse.realsize':
        isSparse = true
        sparse.size = integer()
        break
      case 'GNU.sparse.map':
        isSparse = true
        sparse.runs = runsOf(text(), offset)
        break
      case 'GNU.sparse.offset':
        isSparse = true
        pendingOffset = integer()
        break
      case 'GNU.sparse.numbytes':
        if (pendingOffset === undefined) throw new TarError('TAR_PAX_INVALID', offset, 'a sparse run has no offset')
        // A copy, once: the runs of the records before must stay what they were.
        if (sparse.runs === undefined || sparse.runs === before.sparse?.runs) sparse.runs = [...(sparse.runs ?? [])]
        sparse.runs.push([pendingOffset, integer()])
        pendingOffset = undefined
        break
      default:
        setXattr(xattrs, key, value, offset)
    }
  }
  if (xattrs.size > 0) values.xattrs = xattrs
  if (isSparse) values.sparse = sparse
  return values
}

/** The fields that an empty value can take back. */
type Clearable = 'path' | 'linkPath' | 'size' | 'uid' | 'gid' | 'mtime' | 'major' | 'minor'

function setOrDelete<K extends Clearable>(
  values: { -readonly [P in K]?: PaxValues[P] | undefined },
  key: K,
  value: PaxValues[K] | undefined,
): void {
  // Kept as undefined, so that a local record takes back a global one too.
  values[key] = value === '' ? undefined : value
}

function setXattr(xattrs: Map<string, Uint8Array>, key: string, value: Uint8Array, offset: number): void {
  if (key.startsWith(XATTR) && key.length > XATTR.length) xattrs.set(key.slice(XATTR.length), value)
  else if (key.startsWith(XATTR_BASE64) && key.length > XATTR_BASE64.length) {
    try {
      const name = decodeURIComponent(key.slice(XATTR_BASE64.length))
      const text = atob(textOf(value, key, offset))
      // bsdtar writes both forms; the plain one is exact.
      if (!xattrs.has(name))
        xattrs.set(
          name,
          Uint8Array.from(text, (char) => char.charCodeAt(0)),
        )
    } catch {
      throw new TarError('TAR_PAX_INVALID', offset, `the record ${key} is not base64`)
    }
  }
}

function textOf(value: Uint8Array, key: string, offset: number): string {
  if (value.includes(0)) throw new TarError('TAR_PAX_INVALID', offset, `the PAX record "${key}" holds a NUL`)
  return decodeName(value)
}

function integerOf(value: Uint8Array, key: string, offset: number): number {
  const text = textOf(value, key, offset)
  const number = Number(text)
  if (!/^[0-9]+$/.test(text) || number > Number.MAX_SAFE_INTEGER)
    throw new TarError('TAR_PAX_INVALID', offset, `the PAX record "${key}" is no whole number`)
  return number
}

function timeOf(value: Uint8Array, offset: number): { readonly seconds: number; readonly nanos: number } {
  const time = parsePaxTime(textOf(value, 'mtime', offset))
  if (!time) throw new TarError('TAR_PAX_INVALID', offset, 'the PAX record "mtime" is no time')
  return time
}

function runsOf(text: string, offset: number): [number, number][] {
  const numbers = text === '' ? [] : text.split(',').map(Number)
  if (numbers.length % 2 !== 0 || !numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) {
    throw new TarError('TAR_PAX_INVALID', offset, 'the PAX record "GNU.sparse.map" is no list of pairs')
  }
  const runs: [number, number][] = []
  for (let i = 0; i < numbers.length; i += 2) runs.push([numbers[i]!, numbers[i + 1]!])
  return runs
}
