import { SimulationUnsupportedError } from '../../errors.js'
import type { AwkDialect } from '../awk/dialect.js'
import { AwkFailure } from '../awk/failure.js'
import { runAwk } from '../awk/program.js'
import { unescaped } from '../awk/strings.js'
import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
// cycle-ok: which awk this is, the file says that launching would find
import { findProgram } from '../launch.js'
import { basename } from '../system/paths.js'
import { refuse } from '../system/process.js'
import type { Command } from './types.js'

const long = {
  'field-separator': 'F:', assign: 'v:', file: 'f:', version: 'V', posix: 'P', traditional: 'c', 're-interval': 'r', characters_as_bytes: 'b', 'characters-as-bytes': 'b',
  sandbox: 'S', include: 'i:', 'non-decimal-data': 'n', source: 'e:',
} // biome-ignore format: a table

/** awk, mawk, gawk, and busybox's. */
export const awk: Command = async (call) => {
  const dialect = await dialectOf(call)
  const options = parseOptions(call, dialect === 'mawk' ? '+F:v:f:W:V' : '+F:v:f:e:i:VPcrbSn', long, 2)
  if (options.has('V') || options.values('W').includes('version')) {
    call.out(dialect === 'gawk' ? 'GNU Awk 5.2.1\n' : 'mawk 1.3.4 20200120\n')
    return 0
  }
  if (options.has('i'))
    return refuse(
      call.process,
      new SimulationUnsupportedError([call.name, ...call.args].join(' '), 'it loads an extension', call.process.line),
    )
  const operands = [...options.operands]
  const sources: string[] = [...options.values('e')]
  for (const file of options.values('f')) {
    const text = await call.tryRead(file, 2)
    if (text === undefined) return 2
    sources.push(text)
  }
  if (!options.has('f', 'e')) {
    const text = operands.shift()
    if (text === undefined) {
      call.err('usage: awk [-F value] [-v var=value] [--] "program text" [file ...]')
      return dialect === 'mawk' ? 0 : dialect === 'gawk' ? 2 : 1
    }
    sources.push(text)
  }
  const assignments = options.values('v').map((text): readonly [string, string] => {
    const equals = text.indexOf('=')
    if (!/^[A-Za-z_][A-Za-z0-9_]*=/.test(text)) throw new AwkFailure(`improper assignment: -v ${text}`)
    return [text.slice(0, equals), text.slice(equals + 1)]
  })
  const given = options.value('F')
  // POSIX: a lone t is a tab.
  const separator = given === undefined ? undefined : given === 't' && dialect !== 'mawk' ? '\t' : unescaped(given)
  return runAwk(call, { dialect, source: sources.join('\n'), separator, assignments, operands })
}

/** By the file that the name leads to; Debian's, where there is none. */
async function dialectOf(call: Call): Promise<AwkDialect> {
  if (call.name === 'gawk' || call.name === 'mawk') return call.name
  const { process } = call
  const found = await findProgram(
    { run: process.run, fs: call.fs, cwd: process.cwd, task: process.task },
    process.argv[0] ?? 'awk',
    process.env.get('PATH') ?? '',
  )
  const real = 'real' in found ? basename(found.real) : ''
  if (real === 'gawk') return 'gawk'
  // prefix-ok: the name of a program, `busybox.static` too
  return real.startsWith('busybox') ? 'busybox' : 'mawk'
}
