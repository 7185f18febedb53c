import { InvalidSignalError } from '../errors.js'

/** signal(7), x86 and ARM numbering. */
const NAMES = [
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'BUS',
  'FPE',
  'KILL',
  'USR1',
  'SEGV',
  'USR2',
  'PIPE',
  'ALRM',
  'TERM',
  'STKFLT',
  'CHLD',
  'CONT',
  'STOP',
  'TSTP',
  'TTIN',
  'TTOU',
  'URG',
  'XCPU',
  'XFSZ',
  'VTALRM',
  'PROF',
  'WINCH',
  'IO',
  'PWR',
  'SYS',
]

export const SIGKILL = 9

/** `SIGTERM`, `term` or `15` as a number from 1 to 64. @throws InvalidSignalError */
export function signalNumber(signal: string): number {
  if (/^\d{1,2}$/.test(signal) && Number(signal) >= 1 && Number(signal) <= 64) return Number(signal)
  const name = signal.toUpperCase().replace(/^SIG/, '')
  const index = NAMES.indexOf(name)
  if (index < 0) throw new InvalidSignalError(signal)
  return index + 1
}
