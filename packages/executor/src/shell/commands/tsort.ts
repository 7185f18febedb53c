import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import type { Command } from './types.js'

/** Orders words so that each comes behind those that must come first. */
export const tsort: Command = async (call) => {
  const [file = '-', extra] = parseOptions(call, '').operands
  if (extra !== undefined) throw new CommandFailure(`extra operand '${extra}'`)
  const text = await call.tryRead(file)
  if (text === undefined) return 1
  const words = text.split(/[ \t\n]+/).filter((word) => word !== '')
  if (words.length % 2 !== 0) throw new CommandFailure(`${file}: input contains an odd number of tokens`)
  const followers = new Map<string, string[]>()
  const before = new Map<string, number>()
  for (let at = 0; at < words.length; at += 2) {
    const [first, second] = [words[at]!, words[at + 1]!]
    for (const word of [first, second]) {
      if (!followers.has(word)) followers.set(word, [])
      if (!before.has(word)) before.set(word, 0)
    }
    if (first === second) continue
    followers.get(first)!.unshift(second)
    before.set(second, before.get(second)! + 1)
  }
  const ready = [...before.keys()].filter((word) => before.get(word) === 0).sort((a, b) => (a < b ? -1 : 1))
  let left = before.size
  for (let word = ready.shift(); left > 0; word = ready.shift()) {
    if (word === undefined) {
      // A loop: it is broken at its first word.
      word = [...before.keys()].filter((each) => (before.get(each) ?? 0) > 0).sort()[0]!
      before.set(word, 0)
      call.fail(`${file}: input contains a loop:\ntsort: ${word}`)
    }
    call.out(`${word}\n`)
    left--
    for (const follower of followers.get(word)!) {
      const count = before.get(follower)! - 1
      before.set(follower, count)
      if (count === 0) ready.push(follower)
    }
  }
}
