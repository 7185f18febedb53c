import { type Compression, decompress, detectCompression } from '@layerwright/layer'
import { SimulationUnsupportedError } from '../../../errors.js'
import type { Call } from '../../call.js'
import type { Parsed } from '../../command-options.js'
import { CommandFailure } from '../../failure.js'
import { concatBytes, toBytes } from '../../system/bytes.js'
import { refuse } from '../../system/process.js'
import { gzipText } from '../gzip.js'

/** Which compression the options ask for; `a` takes it from the name. */
export function wanted(options: Parsed, name: string): Compression {
  if (options.has('z')) return 'gzip'
  if (options.has('j')) return 'bzip2'
  if (options.has('J')) return 'xz'
  if (options.has('zstd')) return 'zstd'
  const program = options.value('I')
  if (program !== undefined)
    return /^(?:gzip|pigz)/.test(program) ? 'gzip' : /zstd/.test(program) ? 'zstd' : /xz/.test(program) ? 'xz' : 'bzip2'
  if (!options.has('a')) return 'none'
  if (/\.t?gz$/.test(name)) return 'gzip'
  if (/\.(?:bz2|tbz2?)$/.test(name)) return 'bzip2'
  if (/\.(?:xz|txz)$/.test(name)) return 'xz'
  return /\.(?:zst|tzst)$/.test(name) ? 'zstd' : 'none'
}

/** An archive compressed as asked for. */
export async function pack(call: Call, text: string, kind: Compression): Promise<string> {
  if (kind === 'none') return text
  if (kind === 'gzip') return gzipText(text)
  return refuse(call.process, new SimulationUnsupportedError(`tar … (${kind})`, `it cannot write ${kind}`, call.process.line))
}

/** An archive's bytes without their compression, which is recognised by content. */
export async function unpack(call: Call, text: string): Promise<Uint8Array> {
  const bytes = toBytes(text)
  const kind = detectCompression(bytes)
  if (kind === 'none') return bytes
  try {
    const parts: Uint8Array[] = []
    for await (const part of decompress(once(bytes), kind)) parts.push(part.slice())
    return concatBytes(parts.length > 0 ? parts : [new Uint8Array()])
  } catch (error) {
    const code = (error as { code?: unknown }).code
    if (typeof code !== 'string') throw error
    if (/UNSUPPORTED/.test(code))
      refuse(call.process, new SimulationUnsupportedError(`tar … (${kind})`, `it cannot read ${kind} here`, call.process.line))
    throw new CommandFailure('This does not look like a tar archive\ntar: Exiting with failure status due to previous errors', 2)
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
