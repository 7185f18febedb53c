import { parseBool } from '../parse/check-options.js'
import { suggest } from '../text/suggest.js'
import { splitCsv } from './csv.js'
import { fault } from './faults.js'
import type { Device } from './types.js'

/**
 * Reads the value of `RUN --device`: `name[,required]`, with the name written bare or as `name=`.
 * @throws InstructionFault BAD_DEVICE
 */
export function readDevice(raw: string): Device {
  const hint = 'Write --device=vendor.com/class=name, and `,required` behind it if the build should fail without the device.'
  const fields = splitCsv(raw)
  if (!Array.isArray(fields)) throw fault('BAD_DEVICE', `failed to parse csv devices: ${fields.message}`, hint)
  let name = ''
  let required = false
  for (const field of fields) {
    const equals = field.indexOf('=')
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase()
    const value = equals < 0 ? undefined : field.slice(equals + 1)
    if (key === 'required') {
      const flag = value === undefined ? true : parseBool(value)
      if (flag === undefined) throw fault('BAD_DEVICE', `invalid value for ${key}: ${value}`, 'Write required=true or required=false.')
      required = flag
    } else if (key === 'name' && value !== undefined) {
      if (name !== '') throw fault('BAD_DEVICE', `device name already set to ${name}`, 'Name one device; use --device again for another.')
      name = value
    } else if (name === '') name = field
    else if (value === undefined) throw fault('BAD_DEVICE', `invalid field '${field}' must be a key=value pair`, hint)
    else
      throw fault('BAD_DEVICE', `unexpected key '${key}' in '${field}'`, hint, {
        suggestion: suggest(key, ['name', 'required'], true),
        focus: field,
      })
  }
  return { name, required }
}
