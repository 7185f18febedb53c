import { CommandFailure } from '../failure.js'
import { strerror } from '../system/strerror.js'
import { Owners } from '../text/owners.js'
import { walk } from '../walk.js'
import { FindParser } from './find/parser.js'
import type { Command } from './types.js'

export const find: Command = async (call) => {
  let at = 0
  let follow: 'P' | 'L' | 'H' = 'P'
  for (; /^-(?:[PLH]|D|O[0-9]?)$/.test(call.args[at] ?? ''); at++) {
    const letter = call.args[at]![1]!
    if (letter === 'P' || letter === 'L' || letter === 'H') follow = letter
    else if (letter === 'D') at++
  }
  const starts: string[] = []
  for (; at < call.args.length && !/^(?:-.|[(!,)]$)/.test(call.args[at]!); at++) starts.push(call.args[at]!)
  const parser = new FindParser(call, call.args.slice(at), await Owners.load(call))
  const expression = await parser.parse()
  const { depth, min, max, xdev } = parser
  try {
    for (const start of starts.length > 0 ? starts : ['.']) await search(start)
    await parser.finish()
  } catch (error) {
    if (!(error instanceof Quit)) throw error
    await parser.finish()
  }

  async function search(start: string): Promise<void> {
    let rootDev: number | undefined
    const test = async (path: string, stat: Parameters<Parameters<typeof walk>[2]>[1], level: number): Promise<boolean> => {
      if (level < min) return true
      const item = { path, start, stat, depth: level, prune: false, quit: false }
      await expression(item)
      if (item.quit) throw new Quit()
      return !item.prune
    }
    await walk(
      call,
      start,
      async (path, stat, level) => {
        rootDev ??= stat.dev
        const crosses = xdev && stat.dev !== rootDev
        const stops = level >= max || crosses
        if (depth) {
          if (stat.type !== 'dir') await test(path, stat, level)
          return !stops
        }
        return (await test(path, stat, level)) && !stops
      },
      (path, error) => call.fail(`'${path}': ${strerror(error)}`),
      {
        followRoot: follow !== 'P',
        followAll: follow === 'L',
        after: async (path, stat, level) => {
          if (depth) await test(path, stat, level)
        },
      },
    )
  }
}

/** Thrown by `-quit`. */
class Quit extends CommandFailure {
  constructor() {
    super('', 0)
  }
}
