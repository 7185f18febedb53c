// cycle-ok: the source and the target of getline are expressions
import type { Evaluate, Target } from './compile-expression.js'
import type { Machine } from './machine.js'
import { mainInput } from './main-input.js'
import { after, type Maybe } from './maybe.js'
import type { RecordReader } from './reader.js'
import { fromInput, type Value } from './values.js'

/** `getline` in all its forms: 1 where it read a record, 0 at the end, -1 where the file cannot be opened. */
export function getline(
  machine: Machine,
  from: 'main' | 'file' | 'command',
  source: Evaluate | undefined,
  target: Target | undefined,
): Maybe<Value> {
  if (from === 'main') return after(mainInput(machine).next(machine), (text) => take(machine, text, target))
  return after(source!(machine), (value) => {
    const name = machine.text(value)
    const opened: Maybe<RecordReader | undefined> = from === 'file' ? machine.streams.file(name) : machine.streams.command(name)
    return after(opened, (reader) => {
      if (!reader) return -1
      return after(reader.next(machine.separator()), (text) => {
        if (text === undefined) return 0
        // mawk does not count what a command gives.
        if (from === 'command' && machine.dialect !== 'mawk') machine.cell('NR').value = machine.number(machine.cell('NR').value) + 1
        return take(machine, text, target)
      })
    })
  })
}

function take(machine: Machine, text: string | undefined, target: Target | undefined): Maybe<Value> {
  if (text === undefined) return 0
  if (!target) {
    machine.assignRecord(text)
    return 1
  }
  return after(target.place(machine), (place) => {
    place.set(fromInput(text))
    return 1
  })
}
