import { ImageError } from './errors.js'

const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true })

/** JSON with the keys of every object sorted and nothing between the tokens: equal values give equal bytes. */
export function canonicalJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(sortKeys(value)))
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (value === null || typeof value !== 'object') return value
  const out: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(value).sort()) out[key] = sortKeys((value as Record<string, unknown>)[key])
  return out
}

/**
 * An object from foreign JSON. No object in it has a prototype, so a key `__proto__` is a key like any other (S39).
 * @throws ImageError DOCUMENT_INVALID
 */
export function parseObject(bytes: Uint8Array, subject: string): Record<string, unknown> {
  let value: unknown
  try {
    value = bare(JSON.parse(strict.decode(bytes)))
  } catch (error) {
    throw new ImageError('DOCUMENT_INVALID', subject, `${subject} is not JSON: the image is damaged; get it again`, { cause: error })
  }
  if (!isObject(value))
    throw new ImageError('DOCUMENT_INVALID', subject, `${subject} is JSON, but no object: the image is damaged; get it again`)
  return value
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare)
  if (!isObject(value)) return value
  const out: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(value)) out[key] = bare(value[key])
  return out
}
