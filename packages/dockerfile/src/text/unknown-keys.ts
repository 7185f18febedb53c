import { suggest } from './suggest.js'

/**
 * What is wrong with the keys of an options object: a sentence for each that is none of the known ones, with the one that was most likely meant. A key without a value is as good as
 * absent. Without this a misspelt option is one that was never given.
 * @param within where the object lies, as `cache.`, for messages
 */
export function unknownKeys(given: object, known: readonly string[], within = ''): string[] {
  const strange = Object.entries(given).filter(([key, value]) => value !== undefined && !known.includes(key))
  return strange.map(([key]) => {
    const meant = nearestKey(key, known)
    return `\`${within}${key}\` is no option${meant === undefined ? '' : `: did you mean \`${within}${meant}\`?`}`
  })
}

function nearestKey(key: string, known: readonly string[]): string | undefined {
  const near = suggest(key, known, false)?.toLowerCase()
  return known.find((one) => one.toLowerCase() === near) ?? known.find((one) => alike(key, one))
}

/** Whether they differ only in case, or one is a part of the other, as `args` of `buildArgs`. */
function alike(key: string, option: string): boolean {
  const [a, b] = [key.toLowerCase(), option.toLowerCase()]
  return a === b || (Math.min(a.length, b.length) > 3 && (a.includes(b) || b.includes(a)))
}
