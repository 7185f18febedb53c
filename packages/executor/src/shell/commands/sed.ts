import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { basename, dirname } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import { filesOf, SedInput, SedMachine } from './sed/machine.js'
import { parseSed } from './sed/parser.js'
import type { Command } from './types.js'

export const sed: Command = async (call) => {
  const options = parseOptions(call, 'nrEe:f:i::sul:zbD', {
    quiet: 'n', silent: 'n', 'regexp-extended': 'E', expression: 'e:', file: 'f:', 'in-place': 'i::', separate: 's', unbuffered: 'u', 'null-data': 'z', posix: 'posix',
    'line-length': 'l:', 'follow-symlinks': 'follow', debug: 'debug', sandbox: 'sandbox', binary: 'b',
  }) // biome-ignore format: a table
  const operands = [...options.operands]
  const scripts: string[] = []
  for (const { name, value } of options.given) {
    if (name === 'e') scripts.push(value)
    if (name === 'f') {
      const text = await call.tryRead(value)
      if (text === undefined) return 1
      scripts.push(text.replace(/\n$/, ''))
    }
  }
  if (!options.has('e', 'f')) {
    const script = operands.shift()
    if (script === undefined) throw new CommandFailure('usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...')
    scripts.push(script)
  }
  const source = scripts.join('\n')
  const program = parseSed(source, options.has('E', 'r'))
  const quiet = options.has('n') || /^#n(?:\n|$)/.test(source)
  // The files of `w` are opened before anything is read.
  for (const file of filesOf(program))
    if (file !== '/dev/stdout') await call.writeOr(file, '', (reason) => new CommandFailure(`couldn't open file ${file}: ${reason}`, 4))
  const separator = options.has('z') ? '\0' : '\n'
  const inPlace = options.has('i')
  const suffix = options.value('i') ?? ''
  if (!inPlace) {
    const inputs: SedInput[] = []
    for (const operand of operands.length > 0 ? operands : ['-']) {
      const input = await openInput(call, operand, separator)
      if (input) inputs.push(input)
    }
    const groups = options.has('s') ? inputs.map((each) => [each]) : [inputs]
    const machine = new SedMachine(call, program, { quiet, separator, write: (text) => call.out(text) })
    for (const group of groups) {
      await machine.run(group)
      if (machine.quit) break
    }
    await machine.close()
    return machine.quit ? machine.exitStatus : call.status
  }
  const machine = new SedMachine(call, program, { quiet, separator, write: (text) => call.out(text) })
  for (const operand of operands) {
    const path = options.has('follow') ? call.fs.realpath(call.path(operand)) : call.path(operand)
    if (call.fs.find(path)?.type === 'dir') {
      call.fail(`couldn't edit ${operand}: not a regular file`, 4)
      continue
    }
    const input = await openInput(call, path, separator, operand)
    if (!input) continue
    let result = ''
    machine.write = (text) => {
      result += text
    }
    await machine.run([input])
    // After q, what is left of the file is kept.
    result += input.rest()
    await replaceFile(call, path, operand, result, suffix)
    if (machine.quit) break
  }
  await machine.close()
  return machine.quit ? machine.exitStatus : call.status
}

/** sed writes a new file and renames it over the old one: links are cut, mode and owner kept. */
async function replaceFile(call: Call, path: string, operand: string, text: string, suffix: string): Promise<void> {
  const old = call.fs.stat(path)
  try {
    if (suffix === '') call.fs.unlink(path)
    else {
      const name = suffix.includes('*') ? suffix.replace(/\*/g, basename(path)) : basename(path) + suffix
      call.fs.rename(path, name.includes('/') ? call.path(name) : `${dirname(path)}/${name}`)
    }
  } catch (error) {
    // Its name ends in letters that are others each time; here they are always these.
    const made = `${operand.includes('/') ? dirname(operand) : '.'}/sedXXXXXX`
    // In a folder with the sticky bit the new file can be made, but not take the place of somebody else's.
    if (codeOf(error) === 'EPERM') throw new CommandFailure(`cannot rename ${made}: ${strerror(error)}`, 4)
    throw new CommandFailure(`couldn't open temporary file ${made}: ${strerror(error)}`, 4)
  }
  await call.writeFile(path, text, 0o666)
  const now = call.fs.stat(path)
  if (now.uid !== old.uid || now.gid !== old.gid) call.attempt(path, () => call.fs.chown(path, old.uid, old.gid))
  call.fs.chmod(path, old.mode)
}

async function openInput(call: Call, operand: string, separator: string, shown = operand): Promise<SedInput | undefined> {
  try {
    if (operand !== '-' && call.fs.find(call.path(operand))?.type === 'dir') {
      call.fail(`read error on ${shown}: Is a directory`, 2)
      return undefined
    }
    return new SedInput(shown, await call.read(operand), separator)
  } catch (error) {
    call.fail(`can't read ${shown}: ${strerror(error)}`, 2)
    return undefined
  }
}
