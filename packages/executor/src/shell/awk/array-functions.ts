import type { BuiltinFunction } from './builtins.js'
import { AwkFailure } from './failure.js'
import type { Value } from './values.js'

/** gawk's `asort` and `asorti`: the array, or a second one, gets the values or the keys in order, from 1. */
export function sorted(what: 'values' | 'keys'): BuiltinFunction {
  return (compiler, args) => {
    const [from, to = from] = args
    if (from?.type !== 'name' || to?.type !== 'name' || args.length > 2) throw new AwkFailure('syntax error: asort takes one or two arrays')
    const source = compiler.cellOf(from.name)
    const target = compiler.cellOf(to.name)
    return (machine) => {
      const all: Value[] = source(machine)
        .elements(machine.dialect)
        .values()
        .map(([key, value]) => (what === 'keys' ? key : value))
      const isText = (value: Value) => typeof value === 'string'
      all.sort((a, b) => {
        // Numbers come before texts.
        if (isText(a) !== isText(b)) return isText(a) ? 1 : -1
        if (!isText(a)) return machine.number(a) - machine.number(b)
        const [left, right] = [machine.text(a), machine.text(b)]
        return left < right ? -1 : left > right ? 1 : 0
      })
      const array = target(machine).elements(machine.dialect)
      array.clear()
      for (const [at, value] of all.entries()) array.set(String(at + 1), value, true)
      return all.length
    }
  }
}
