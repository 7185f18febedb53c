/** Recorded inputs with small changes: what random texts rarely reach. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc, { type Arbitrary } from 'fast-check'
import { root } from './repository.js'

/** Of longer ones a run would see few. */
const LONGEST = 600

/** The texts under `key` in the cases of the oracle that come with the repository. */
export function recordedTexts(kind: string, key: string): string[] {
  const lines = readFileSync(join(root, `test/data/oracle/${kind}.jsonl`), 'utf8').split('\n')
  const texts = lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line)[key])
  return texts.filter((text): text is string => typeof text === 'string' && text !== '' && text.length <= LONGEST)
}

/** One of `seeds` with up to four stretches taken out, doubled, or replaced by one of `pieces`. */
export function mutated(seeds: readonly string[], pieces: Arbitrary<string>): Arbitrary<string> {
  const change = fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom('cut', 'double', 'replace', 'insert'), pieces)
  return fc.tuple(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 4 })).map(([seed, changes]) =>
    changes.reduce((text, [place, length, kind, piece]) => {
      const start = place % (text.length + 1)
      const end = kind === 'insert' ? start : Math.min(text.length, start + length)
      const stretch = text.slice(start, end)
      const made = kind === 'cut' ? '' : kind === 'double' ? stretch + stretch : piece
      return text.slice(0, start) + made + text.slice(end)
    }, seed),
  )
}
