import type { PlannedStep } from '../../graph/plan.js'
import { differencesOf, inWords } from '../differences.js'
import type { Look } from './looks.js'
import type { ChangedLook, TraceMiss } from './records.js'

/** Why none of the traces fits, by the nearest one. Undefined where there is none. */
export function whyNotTraced(misses: readonly TraceMiss[], step: PlannedStep): string | undefined {
  const nearest = misses.reduce<TraceMiss | undefined>((best, one) => (best && sizeOf(best) <= sizeOf(one) ? best : one), undefined)
  if (!nearest) return undefined
  const [first] = nearest.changed
  const others = new Set(nearest.changed.map(({ path }) => path)).size - 1
  const variables = differencesOf(nearest.before, nearest.now).filter(({ input }) => input === 'env')
  const words = [first ? lookWords(first) : '', inWords(variables, step)].filter(Boolean).join('; ')
  return others > 0 ? `${words}; and ${others} more that it looked at` : words || undefined
}

const sizeOf = ({ changed, before, now }: TraceMiss): number =>
  changed.length + differencesOf(before, now).filter(({ input }) => input === 'env').length

/** A look with another answer, in words. */
function lookWords({ kind, path, before, now }: ChangedLook): string {
  const what = `\`${path}\`, which it ${VERBS[kind]},`
  if (before === 'missing') return `\`${path}\`, which was not there when it looked, is there`
  if (now === 'missing') return `${what} is gone`
  return `${what} changed`
}

const VERBS: Readonly<Record<Look[0], string>> = {
  lookup: 'looked up',
  mode: 'looked at',
  stat: 'looked at',
  read: 'read',
  readdir: 'listed',
  tree: 'changed',
}
