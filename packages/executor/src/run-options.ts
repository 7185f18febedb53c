import { ExecutorError, type RunOption, RunOptionUnsupportedError } from './errors.js'
import type { ExecRequest, Resources } from './types.js'

/** The names of limits, as setrlimit(2) has them. */
export const ulimitNames: ReadonlySet<string> = new Set(
  'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
)

/** What a request asks for beyond a command on a tree. */
export function askedOptions({ mounts, security, terminal, network, ports, resources = {} }: ExecRequest): readonly RunOption[] {
  const asked: RunOption[] = []
  if (mounts?.some(({ socket }) => socket !== undefined)) asked.push('socket')
  if (security === 'insecure') asked.push('insecure')
  if (resources.ulimits?.length) asked.push('ulimits')
  if (resources.memoryBytes !== undefined) asked.push('memory')
  if (resources.cpus !== undefined) asked.push('cpus')
  if (resources.shmBytes !== undefined) asked.push('shm')
  if (terminal) asked.push('terminal')
  if (ports?.length || network === 'private') asked.push('ports')
  return asked
}

/**
 * For an executor that has only some of them.
 * @throws RunOptionUnsupportedError for the first that is asked for and not among `supported`
 */
export function refuseOptions(request: ExecRequest, supported: readonly RunOption[], why: string): void {
  const refused = askedOptions(request).find((option) => !supported.includes(option))
  if (refused) throw new RunOptionUnsupportedError(refused, why)
}

/** @throws ExecutorError RUN_ULIMIT for a name that is none of setrlimit(2): it would become an option of a program */
export function checkUlimits({ ulimits = [] }: Resources = {}): void {
  for (const { name } of ulimits)
    if (!ulimitNames.has(name)) throw new ExecutorError('RUN_ULIMIT', `there is no limit ${name}: there are ${[...ulimitNames].join(', ')}`)
}
