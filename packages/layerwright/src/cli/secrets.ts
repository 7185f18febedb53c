import { readFileSync } from 'node:fs'
import { UsageError } from './errors.js'
import { parseFields } from './specs.js'

/** `--secret id=token,src=FILE` or `id=token,env=VARIABLE`; without either, the variable and then the file of that name (as Docker). */
export function readSecrets(specs: readonly string[]): Map<string, Uint8Array> {
  const secrets = new Map<string, Uint8Array>()
  for (const spec of specs) {
    const fields = parseFields('secret', spec, ['id', 'src', 'source', 'env', 'type'])
    const file = fields.get('src') ?? fields.get('source')
    const variable = fields.get('env')
    const id = fields.get('id') ?? file ?? variable
    if (!id) throw new UsageError(`--secret ${spec}: there is no id`, 'write --secret id=NAME,src=FILE or --secret id=NAME,env=VARIABLE')
    secrets.set(id, file === undefined ? fromEnvironment(spec, variable ?? id) : fromFile(spec, file))
  }
  return secrets
}

function fromEnvironment(spec: string, name: string): Uint8Array {
  const value = process.env[name]
  if (value === undefined) throw new UsageError(`--secret ${spec}: the variable ${name} is not set`, 'set it, or give src=FILE')
  return new TextEncoder().encode(value)
}

function fromFile(spec: string, file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new UsageError(`--secret ${spec}: ${(error as Error).message}`, 'name a file that can be read')
  }
}
