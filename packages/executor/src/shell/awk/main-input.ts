import { strerror } from '../system/strerror.js'
import { AwkFailure } from './failure.js'
import type { Machine } from './machine.js'
import type { Maybe } from './maybe.js'
import { RecordReader } from './reader.js'
import { unescaped } from './strings.js'
import { fromInput } from './values.js'

const inputs = new WeakMap<Machine, MainInput>()

/** The input of a program: the files that ARGV names, or standard input. */
export function mainInput(machine: Machine): MainInput {
  let input = inputs.get(machine)
  if (!input) {
    input = new MainInput()
    inputs.set(machine, input)
  }
  return input
}

class MainInput {
  private reader: RecordReader | undefined
  private at = 1
  private named = false

  /** The next record, counted; undefined behind the last file. */
  next(machine: Machine): Maybe<string | undefined> {
    if (!this.reader && !this.open(machine)) return undefined
    const record = this.reader!.next(machine.separator())
    return record instanceof Promise ? record.then((each) => this.count(machine, each)) : this.count(machine, record)
  }

  private count(machine: Machine, record: string | undefined): Maybe<string | undefined> {
    if (record === undefined) {
      this.skip()
      return this.next(machine)
    }
    for (const name of ['NR', 'FNR']) {
      const cell = machine.cell(name)
      cell.value = machine.number(cell.value) + 1
    }
    return record
  }

  /** Leaves the rest of this file. */
  skip(): void {
    this.reader?.close()
    this.reader = undefined
  }

  /** Operands that are not files yet, `name=value`, are carried out behind the last record. */
  private open(machine: Machine): boolean {
    const { call } = machine
    const args = machine.cell('ARGV').elements(machine.dialect)
    for (; this.at < machine.number(machine.cell('ARGC').value); this.at++) {
      const key = String(this.at)
      const operand = args.has(key) ? machine.text(args.get(key)) : ''
      if (operand === '') continue
      const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(operand)
      const cell = assignment && machine.globals.get(assignment[1]!)
      if (assignment) {
        if (cell) machine.assignText(cell, assignment[1]!, unescaped(assignment[2]!))
        continue
      }
      this.named = true
      this.at++
      if (this.start(machine, operand)) return true
      this.at--
    }
    if (this.named) return false
    this.named = true
    this.reader = new RecordReader(call.process.fds.need(0).hold(), call.process.task)
    return true
  }

  private start(machine: Machine, operand: string): boolean {
    const { call } = machine
    try {
      if (operand !== '-' && call.fs.find(call.path(operand))?.type === 'dir') {
        if (machine.dialect === 'mawk') throw new AwkFailure('read error (Is a directory)')
        call.fail(`${operand}: is a directory`, machine.dialect === 'gawk' ? 0 : 2)
        return false
      }
      this.reader = new RecordReader(call.open(operand), call.process.task)
    } catch (error) {
      if (machine.dialect === 'mawk') throw new AwkFailure(`cannot open ${operand} (${strerror(error)})`)
      call.fail(`cannot open ${operand} (${strerror(error)})`, 2)
      return false
    }
    machine.cell('FILENAME').value = fromInput(operand)
    machine.cell('FNR').value = 0
    return true
  }
}
