/** strace(1) of this machine: whether it does what is needed, and how it is called. */
import { endianness } from 'node:os'
import { findProgram, runTool } from '../gate.js'
import { HARMLESS, LAST_CALL } from './syscalls.js'

/**
 * Descriptor 5 is the trace, strace's own complaints are in it too; 9 is what the command writes its errors to. Neither reaches the runtime. `$1` is a file
 * that the runtime reads on descriptor 6.
 */
const SCRIPT = 'exec 9>&2 2>&5; exec "$@"'
const INNER = 'exec 2>&9 9>&- 5>&- 4>&-; if [ -n "$1" ]; then exec 6<"$1"; fi; shift; exec "$@"'

/** Calls are stopped at by a filter in the kernel; all but the harmless ones, so that none is missed for having no name here. */
const OPTIONS = [
  '-f',
  '--seccomp-bpf',
  '-q',
  '-y',
  '--verbose=execve,execveat,openat2,clone3,bind,connect,sendto,sendmsg,sendmmsg',
  '--signal=none',
  '-s',
  '256',
]

/** What goes in front of a runtime. @param filter a file that it reads on descriptor 6; '' for none */
export function stracePrefix(filter: string): string[] {
  const calls = `trace=!${HARMLESS.map((name) => `?${name}`).join(',')}`
  const strace = [findProgram('strace') ?? 'strace', ...OPTIONS, '-e', calls, '-o', '|exec cat >&5']
  return ['sh', '-c', SCRIPT, 'layerwright', ...strace, 'sh', '-c', INNER, 'layerwright', filter]
}

/** The filter of `LAST_CALL` for a runtime that takes one as the kernel does (seccomp(2), struct sock_filter): answers ENOSYS. */
export function youngFilter(): Buffer {
  const little = endianness() === 'LE'
  const out = Buffer.alloc(5 * 8)
  const instructions = [
    [0x20, 0, 0, 0], // load the number of the call
    [0x54, 0, 0, 0xbfffffff], // without the mark of x32
    [0x25, 0, 1, LAST_CALL], // greater?
    [0x06, 0, 0, 0x00050000 + 38], // then ENOSYS
    [0x06, 0, 0, 0x7fff0000], // otherwise go on
  ] as const
  for (const [i, [code, yes, no, value]] of instructions.entries()) {
    if (little) out.writeUInt16LE(code, i * 8)
    else out.writeUInt16BE(code, i * 8)
    out[i * 8 + 2] = yes
    out[i * 8 + 3] = no
    if (little) out.writeUInt32LE(value, i * 8 + 4)
    else out.writeUInt32BE(value, i * 8 + 4)
  }
  return out
}

let known: { readonly problem: string | undefined } | undefined

/** Why commands can't be traced here; undefined where they can. Looked for once. */
export function straceProblem(): string | undefined {
  known ??= { problem: findProblem() }
  return known.problem
}

function findProblem(): string | undefined {
  const program = findProgram('strace')
  if (program === undefined) return 'strace is not installed: install it'
  try {
    const trial = runTool([program, ...OPTIONS, '-e', 'trace=openat,openat2', '-o', '|exec cat', 'cat', '/dev/null'], { cwd: '/' })
    return trial.includes('openat(AT_FDCWD</>') ? undefined : 'this strace is too old: install 5.19 or newer'
  } catch (error) {
    return `strace does not work here (${error instanceof Error ? error.message : String(error)}): processes may have to be allowed to trace others`
  }
}
