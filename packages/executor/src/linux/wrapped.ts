/** One command in a wrapper of its own. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExecutorError } from '../errors.js'
import type { ExecRequest, PublishedPort } from '../types.js'
import { attend } from './attend.js'
import type { Backend } from './backends.js'
import type { FoundBackend } from './detect.js'
import { startCommand } from './gate.js'
import { handleOf } from './handle.js'
import type { PreparedMounts } from './mounts.js'
import { asksForPorts, type Connection, complaint, forwardPorts, helperOptions, type Outcome, SOCKET } from './network.js'
import { type OverlayKind, overlayOptions, rootOptions } from './overlay.js'
import { childrenOf, commandAt, type Place } from './processes.js'
import { noteInit } from './recover.js'
import { removeWorks } from './run-folder.js'
import type { ContainerSpec } from './spec.js'
import { checkStart, textIfAny } from './start-failure.js'
import type { Tracing } from './trace/start.js'
import { stracePrefix, youngFilter } from './trace/strace.js'
import { REACHED, type WrapperPrograms, wrapperPrefix } from './wrapper.js'

/** Without control groups nothing else keeps a command from a device whose node it finds. */
export const opensDevices = (backend: Backend, spec: ContainerSpec): boolean => !backend.withoutControlGroups || spec.insecure

/** @throws ExecutorError where the command did not begin */
export async function runWrapper(
  sandbox: OverlayKind & { readonly programs: WrapperPrograms },
  { backend, program }: FoundBackend,
  { onOutput, onStarted, signal, stdin }: ExecRequest,
  spec: ContainerSpec,
  {
    overlays,
    scratches,
    binds,
    files,
    tracing,
    connection,
    ports,
  }: PreparedMounts & {
    readonly files: Uint8Array
    readonly tracing: Tracing | undefined
    readonly connection: Connection | undefined
    readonly ports: readonly PublishedPort[]
  },
  lowers: number,
): Promise<Outcome> {
  const { ids } = spec
  const devices = opensDevices(backend, spec)
  const steps = [
    files.length === 0 ? 'none' : ids.kind === 'one' ? 'unowned' : 'files',
    rootOptions(lowers, sandbox, devices),
    ...overlays.flatMap((at) => ['overlay', `${at}/mnt`, overlayOptions([`${at}/l`], `${at}/u`, `${at}/w`, sandbox, devices)]),
    ...scratches.flatMap(({ at, options, from }) => ['scratch', at, options, from]),
    ...binds.flatMap(({ at, path, inode }) => ['bind', at, path, inode]),
    ...(backend.mountsNoexec ? [] : spec.mounts.flatMap(({ source, noexec }) => (noexec ? ['noexec', source] : []))),
    ...(connection ? ['network', connection.helper.program, helperOptions(connection, ids), asksForPorts(connection) ? 'ask' : 'go'] : []),
    backend.withoutControlGroups ? 'no-cgroups' : 'cgroups',
  ]
  let refused: string | undefined
  const answer = async () => {
    refused = await forwardPorts(connection!, spec.folder)
    return refused === undefined ? 'go' : undefined
  }
  const filter = tracing && backend.takesFilter ? 'filter' : ''
  if (filter) writeFileSync(join(spec.folder, filter), youngFilter())
  const tracer = tracing ? stracePrefix(filter) : []
  const child: ChildProcess = startCommand([...wrapperPrefix(ids, sandbox.programs), ...steps, ...tracer, ...backend.argv(program, spec)], {
    cwd: spec.folder,
    stdin,
    terminal: spec.terminal,
    apart: onStarted !== undefined,
    ...(files.length > 0 ? { handOver: files } : {}),
    ...(connection && asksForPorts(connection) ? { answer } : {}),
    ...(tracing ? { onTrace: (bytes: Uint8Array) => tracing.push(bytes, child.pid) } : {}),
  })
  const code = await attend(child, { onOutput, signal, onStarted }, (pid) => {
    const top = childrenOf(pid)[0]
    if (top === undefined) return undefined
    noteInit(spec.folder, top)
    const at = (wrapper: number): Place => ({ wrapper, program, nested: backend.hasOwnInit, ids })
    const wrapper = connection ? childrenOf(top).find((each) => commandAt(at(each)) !== undefined) : top
    if (wrapper === undefined) return undefined
    const handle = () => handleOf({ wrapper, folder: spec.folder, id: spec.id, backend: backend.name })
    return { ...at(wrapper), handle, ports }
  })
  const noNetwork = join(spec.folder, 'no-network')
  if (existsSync(noNetwork)) {
    // The next start shall not take them for its own.
    for (const name of [noNetwork, join(spec.folder, SOCKET)]) rmSync(name, { force: true })
    removeWorks(spec.folder, ids)
    return { noNetwork: refused ?? complaint(textIfAny(join(spec.folder, 'net.log'))) }
  }
  const said = textIfAny(join(spec.folder, 'wrapper.log'))
  if (!said.endsWith(REACHED)) throw new ExecutorError('SANDBOX_FAILED', `the sandbox could not be set up: ${said}`)
  checkStart(join(spec.folder, 'runtime.log'), spec.argv[0] ?? '', spec.cwd)
  return { exitCode: code ?? KILLED }
}

/** Exit code of what was killed. */
export const KILLED = 137
