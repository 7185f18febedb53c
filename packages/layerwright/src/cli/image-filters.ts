import { goMatch } from '@layerwright/build'
import type { ImageSummary } from '@layerwright/image'
import { UsageError } from './errors.js'
import { familiar } from './names.js'

const KNOWN = 'dangling=true|false, label=NAME[=VALUE], reference=PATTERN'

/**
 * The images that filters let through: those of one key have all to match, but of several `reference`s one. An image keeps only the names that a pattern matches.
 * @param pattern a further reference, or the repository alone
 * @throws UsageError
 */
export function pickImages(images: readonly ImageSummary[], filters: readonly string[], pattern?: string): ImageSummary[] {
  const patterns: string[] = []
  const tests: ((image: ImageSummary) => boolean)[] = []
  for (const filter of filters) {
    const [, key, value = ''] = /^([a-z]+)=(.*)$/s.exec(filter) ?? []
    if (key === 'reference') patterns.push(value)
    else if (key === 'label') tests.push(({ config }) => hasLabel(config.config?.Labels, value))
    else if (key === 'dangling' && /^(true|false|1|0)$/.test(value))
      tests.push(({ refs }) => (refs.length === 0) === (value === 'true' || value === '1'))
    else throw new UsageError(`--filter ${filter}: no filter of images`, `write ${KNOWN}`)
  }
  const named = patterns.length === 0 ? images : images.flatMap((image) => withNames(image, patterns))
  return (pattern === undefined ? named : named.flatMap((image) => withNames(image, [pattern]))).filter((image) =>
    tests.every((test) => test(image)),
  )
}

/** The image with those of its names that a pattern matches, whole or without the tag; none: nothing. */
function withNames(image: ImageSummary, patterns: readonly string[]): ImageSummary[] {
  const refs = image.refs.filter((ref) =>
    patterns.some((pattern) =>
      [ref, familiar(ref)].some((name) => goMatch(pattern, name) || goMatch(pattern, name.slice(0, name.lastIndexOf(':')))),
    ),
  )
  return refs.length === 0 ? [] : [{ ...image, refs }]
}

/** @param labels of a config that somebody else may have written */
function hasLabel(labels: unknown, filter: string): boolean {
  const [name = '', ...rest] = filter.split('=')
  if (typeof labels !== 'object' || labels === null || !Object.hasOwn(labels, name)) return false
  return rest.length === 0 || Reflect.get(labels, name) === rest.join('=')
}
