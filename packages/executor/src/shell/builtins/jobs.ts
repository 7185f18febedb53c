import { SimulationUnsupportedError } from '../../errors.js'
import { waitForJob } from '../language/jobs.js'
import { quoteWord } from '../language/quote.js'
import { runTrap, signalNumbers, trapName } from '../language/traps.js'
import { refuse } from '../system/process.js'
import { Killed } from '../system/task.js'
import type { Builtin } from './types.js'

/** `wait`, `wait PID…`, `wait -n` */
export const wait: Builtin = async (shell, args) => {
  const pids = args.filter((arg) => !arg.startsWith('-')).map((arg) => (arg.startsWith('%') ? shell.lastJob : Number(arg)))
  if (pids.length === 0) {
    const known = [...shell.run.jobs.values()]
    if (args.includes('-n')) {
      const first = known.find((job) => job.status === undefined) ?? known[0]
      return first ? waitForJob(shell, first.pid) : 127
    }
    for (const job of known) await waitForJob(shell, job.pid)
    return 0
  }
  let status = 0
  for (const pid of pids) status = pid === undefined ? 127 : await waitForJob(shell, pid)
  return status
}

export const jobs: Builtin = async (shell, args) => {
  for (const job of shell.run.jobs.values()) {
    if (job.status === undefined && args.includes('-p')) await shell.write(1, `${job.pid}\n`)
  }
}

/** `kill [-SIGNAL] PID…`: this shell, its jobs; there are no other processes. */
export const kill: Builtin = async (shell, args) => {
  const rest = [...args]
  if (rest[0] === '-l') {
    const names = rest.slice(1)
    const numbers = [...signalNumbers]
    const named = (text: string) =>
      /^[0-9]+$/.test(text) ? numbers.find(([, number]) => number === Number(text) % 128)?.[0] : signalNumbers.get(text)
    await shell.write(
      1,
      names.length > 0 ? names.map((text) => `${named(text) ?? ''}\n`).join('') : `${numbers.map(([name]) => name).join('\n')}\n`,
    )
    return 0
  }
  let signal = 15
  const first = rest[0] ?? ''
  if (first === '-s' || first === '-n') {
    signal = signalOf(rest[1] ?? '')
    rest.splice(0, 2)
  } else if (/^-[A-Za-z0-9]+$/.test(first)) {
    signal = signalOf(first.slice(1))
    rest.shift()
  }
  if (Number.isNaN(signal)) {
    await shell.complain(`kill: ${first.slice(1)}: invalid signal specification`)
    return 1
  }
  if (rest.length === 0) {
    await shell.complain('kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]')
    return shell.dialect === 'ash' ? 1 : 2
  }
  let status = 0
  for (const target of rest.filter((each) => each !== '--')) {
    const pid = target.startsWith('%') ? shell.lastJob : Number(target)
    const job = pid === undefined ? undefined : shell.run.jobs.get(pid)
    if (pid === shell.pid || pid === 0) {
      if (signal === 0) continue
      const name = [...signalNumbers].find(([, number]) => number === signal)?.[0] ?? ''
      const action = shell.traps.get(name)
      if (action === undefined) throw new Killed(signal)
      if (action !== '') await runTrap(shell, action)
    } else if (job && job.status === undefined) {
      if (signal !== 0) job.task.stop(new Killed(signal))
    } else {
      await shell.complain(`kill: (${target}) - No such process`)
      status = 1
    }
  }
  return status
}

function signalOf(text: string): number {
  if (/^[0-9]+$/.test(text)) return Number(text)
  return signalNumbers.get(text.toUpperCase().replace(/^SIG/, '')) ?? Number.NaN
}

export const trap: Builtin = async (shell, args) => {
  const rest = args[0] === '--' ? args.slice(1) : args
  if (rest.length === 0 || rest[0] === '-p') {
    const wanted = rest.slice(1).map(trapName)
    for (const [name, action] of shell.traps) {
      if (rest.length > 1 && !wanted.includes(name)) continue
      const shown = shell.dialect === 'bash' && signalNumbers.has(name) ? `SIG${name}` : name
      await shell.write(1, `trap -- ${quoteWord(action)} ${shown}\n`)
    }
    return
  }
  if (rest[0] === '-l') return kill(shell, ['-l'], new Map())
  const reset = rest.length === 1 || rest[0] === '-' || /^[0-9]+$/.test(rest[0]!)
  const action = reset ? undefined : rest[0]!
  const signals = rest[0] === '-' || !reset ? rest.slice(1) : rest
  let status = 0
  for (const signal of signals) {
    const name = trapName(signal)
    if (name === undefined) {
      await shell.complain(`trap: ${signal}: invalid signal specification`)
      status = 1
    } else if (action === undefined) shell.traps.delete(name)
    else {
      if (name === 'DEBUG') refuse(shell, new SimulationUnsupportedError(`trap … ${signal}`, 'DEBUG traps are not simulated', shell.line))
      shell.traps.set(name, action)
    }
  }
  return status
}
