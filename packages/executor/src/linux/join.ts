/** Further commands in the sandbox of one that runs: its runtime does it, inside the namespaces that hold its mounts. */
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExecutorUnavailableError } from '../errors.js'
import type { ExecResult, JoinedSandbox, JoinRequest } from '../types.js'
import { attend } from './attend.js'
import { findProgram, startCommand } from './gate.js'
import { type Handle, readHandle } from './handle.js'
import { checkIdentity, isRootless } from './ids.js'
import { liveFiles } from './live.js'
import { childrenOf } from './processes.js'
import type { Sandbox } from './run.js'
import { processText } from './spec.js'
import { checkStart, hasFailed } from './start-failure.js'
import { mergeUpper } from './upper.js'
import { KILLED } from './wrapped.js'

/** @throws ExecutorUnavailableError where it does not run any more */
export function joinSandbox(sandbox: Sandbox, text: string): JoinedSandbox {
  const handle = readHandle(text)
  return {
    run: (request) => runBeside(sandbox, handle, request),
    look: (overlay) => mergeUpper(join(handle.folder, 'u'), overlay, sandbox),
    files: () => liveFiles(sandbox, handle),
  }
}

async function runBeside({ backends, ids }: Sandbox, handle: Handle, request: JoinRequest): Promise<ExecResult> {
  const found = backends.find(({ backend }) => backend.name === handle.backend)
  if (!found?.backend.join)
    throw new ExecutorUnavailableError(`${handle.backend} takes no further commands into a running container: start it with runc or crun`)
  const { argv, env, cwd, stdin, terminal = false, onOutput, onStarted, signal } = request
  const identity = ids.kind === 'one' ? { ...request.identity, groups: [] } : request.identity
  checkIdentity(ids, identity.uid, identity.gid, identity.groups)
  const { backend, program } = found
  const name = join(handle.folder, `exec-${randomBytes(6).toString('hex')}`)
  const options = { folder: handle.folder, id: handle.id, process: `${name}.json`, log: `${name}.log` }
  const spec = { argv, env, cwd, identity, ids, terminal, insecure: false, resources: {} }
  writeFileSync(options.process, processText(spec, !backend.withoutControlGroups), { mode: 0o600 })
  try {
    const user = isRootless(ids) ? ['--user', '--preserve-credentials'] : []
    const enter = ['--pdeathsig', 'KILL', 'nsenter', '--target', String(handle.wrapper), ...user, '--mount', '--pid']
    const child = startCommand([findProgram('setpriv') ?? 'setpriv', ...enter, ...backend.join!(program, options)], {
      cwd: '/',
      stdin,
      terminal,
      apart: onStarted !== undefined,
    })
    const code = await attend(child, { onOutput: onOutput && ownOutput(onOutput, options.log), onStarted, signal }, (pid) => {
      const runtime = childrenOf(pid)[0]
      return runtime === undefined ? undefined : { wrapper: runtime, program, nested: false, ids }
    })
    checkStart(options.log, argv[0] ?? '', cwd)
    return { exitCode: code ?? KILLED }
  } finally {
    for (const file of [options.process, options.log]) rmSync(file, { force: true })
  }
}

/** The command's output without the runtime's: that writes its log first, and has the command's standard error for its own. */
const ownOutput =
  (onOutput: NonNullable<JoinRequest['onOutput']>, log: string): NonNullable<JoinRequest['onOutput']> =>
  (stream, bytes) => {
    if (stream === 'stdout' || !hasFailed(log)) onOutput(stream, bytes)
  }
