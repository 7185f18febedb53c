import { type Digest, sha256 } from '@layerwright/digest'

/**
 * Everything a step's result depends on, by name. Kept beside the key, so that a miss can be explained by a difference of inputs, and so that a record
 * that came from elsewhere can be checked: its inputs have to give its key. Values are texts; large things come in as their digests. Never holds a
 * secret's bytes (S40). docs/cache.md lists the names.
 */
export type KeyInputs = ReadonlyMap<string, string>

/** Changes whenever a change to the builder makes old results wrong. */
const KEY_VERSION = '4'

/** The one function that makes keys, for looking up and for storing alike (DESIGN, decision 6). */
export function stepKey(inputs: KeyInputs): Digest {
  const lines: string[] = []
  for (const input of inputs) lines.push(JSON.stringify(input))
  return sha256(JSON.stringify([KEY_VERSION, lines.sort()]))
}
