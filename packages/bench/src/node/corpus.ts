import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CorpusNotFoundError } from './errors.js'

export interface Corpus {
  /** What they are, for a reader. */
  readonly label: string
  /** Dockerfiles, each once. */
  readonly texts: readonly string[]
}

interface Row {
  readonly dockerfile?: unknown
  readonly source?: { readonly kind?: unknown }
}

/**
 * Dockerfiles of a folder of `*.jsonl` files, one case a line: the real ones, from public repositories, where there are any.
 * @param places folders, of which the first that exists is taken
 * @throws CorpusNotFoundError
 */
export function readCorpus(places: readonly string[]): Corpus {
  const folder = places.find((place) => existsSync(place))
  const rows = folder === undefined ? [] : readRows(folder)
  const real = textsOf(rows.filter(({ source }) => source?.kind === 'github'))
  const texts = real.length > 0 ? real : textsOf(rows)
  if (texts.length === 0) throw new CorpusNotFoundError(places)
  return { label: `${texts.length} ${real.length > 0 ? 'real' : 'synthetic'} Dockerfiles`, texts }
}

function readRows(folder: string): Row[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
  return files.flatMap((name) => {
    const lines = readFileSync(join(folder, name), 'utf8').split('\n')
    return lines.filter((line) => line !== '').map((line): Row => JSON.parse(line))
  })
}

const textsOf = (rows: readonly Row[]): string[] => [
  ...new Set(rows.flatMap(({ dockerfile }) => (typeof dockerfile === 'string' && dockerfile !== '' ? [dockerfile] : []))),
]
