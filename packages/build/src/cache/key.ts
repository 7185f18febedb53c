import { type Digest, sha256 } from '@layerwright/digest'

/**
 * Everything a step's result depends on, by name. Kept beside the key, so that a miss can be explained by a difference of inputs. Values are
 * texts; large things come in as their digests. Never holds a secret's bytes (S40).
 */
export type KeyInputs = ReadonlyMap<string, string>

/** Changes whenever a change to the builder makes old results wrong. */
const KEY_VERSION = '3'

/** The one function that makes keys, for looking up and for storing alike (DESIGN, decision 6). */
export function stepKey(inputs: KeyInputs): Digest {
  const lines = [...inputs].map(([name, value]) => JSON.stringify([name, value])).sort()
  return sha256(JSON.stringify([KEY_VERSION, lines]))
}

/** What a changed input is called when a miss is explained. */
const WORDS: Readonly<Record<string, string>> = {
  instruction: 'the instruction changed',
  root: 'what it is built on changed',
  sources: 'the files it takes changed',
  platform: 'the platform changed',
  times: 'the rule for file times changed',
  env: 'a variable or build argument it can see changed',
  cwd: 'the working directory changed',
  user: 'the user changed',
  executor: 'another kind of executor runs it',
  mounts: 'a mount changed',
  files: 'the heredoc changed',
}

/** In words, why a step with these inputs is not the step that had those. */
export function explainDifference(before: KeyInputs, now: KeyInputs): string {
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name))
  const reasons = new Set(changed.map((name) => WORDS[name] ?? `${name} changed`))
  return [...reasons].join('; ') || 'its result is not in the store any more'
}
