/** The small languages of flags: NAME=VALUE, comma lists of key=value. */
import { UsageError } from './errors.js'

/** `A=1` → ['A','1']; `A` alone takes the variable of this environment, as Docker does, and is left out if there is none. */
export function parseAssignments(flag: string, values: readonly string[], environment?: NodeJS.ProcessEnv): Map<string, string> {
  const made = new Map<string, string>()
  for (const value of values) {
    const at = value.indexOf('=')
    const name = at < 0 ? value : value.slice(0, at)
    if (name === '') throw new UsageError(`--${flag} ${value}: there is no name`, `write --${flag} NAME=VALUE`)
    const text = at < 0 ? environment?.[name] : value.slice(at + 1)
    if (text !== undefined) made.set(name, text)
    else if (!environment) made.set(name, '')
  }
  return made
}

/** `type=oci,dest=a.tar` as a Map. A key outside `known` is an error that names them. */
export function parseFields(flag: string, text: string, known: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>()
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    const key = at < 0 ? part : part.slice(0, at)
    if (!known.includes(key)) throw new UsageError(`--${flag} ${text}: unknown key "${key}"`, `the keys are ${known.join(', ')}`)
    fields.set(key, at < 0 ? '' : part.slice(at + 1))
  }
  return fields
}
