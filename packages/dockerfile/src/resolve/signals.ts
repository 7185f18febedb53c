/** Signals of Linux by name, without SIG. */
const NAMES = new Set(
  (
    'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 ' +
    'USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'
  ).split(' '),
)

/** `RTMIN+1` to `RTMIN+15` and `RTMAX-14` to `RTMAX-1`. */
const isRealTime = (name: string): boolean => {
  const match = /^RT(MIN\+|MAX-)([1-9][0-9]?)$/.exec(name)
  return match !== null && Number(match[2]) <= (match[1] === 'MIN+' ? 15 : 14)
}

/** Whether STOPSIGNAL takes this: a number but 0, or a name in any case with or without SIG. */
export function isSignal(text: string): boolean {
  if (/^[+-]?[0-9]+$/.test(text)) return Number(text) !== 0 && Math.abs(Number(text)) < 2 ** 63
  const name = text.toUpperCase().replace(/^SIG/, '')
  return NAMES.has(name) || isRealTime(name)
}
