/** One command: its folder, its mounts, the wrapper, and what it leaves. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileSystem, Mount, Overlay } from '@layerwright/vfs'
import { type EngineFiles, engineFiles } from '../engine-files.js'
import { ExecutorError, RunAbortedError } from '../errors.js'
import { checkUlimits } from '../run-options.js'
import type { ExecRequest, ExecResult, PublishedPort, RequestFile } from '../types.js'
import { lookupUser } from '../users.js'
import { attend } from './attend.js'
import { chooseBackend } from './choose.js'
import { checkCommand, checkDirectory } from './command.js'
import type { FoundBackend } from './detect.js'
import { startCommand } from './gate.js'
import { handleOf } from './handle.js'
import { checkIdentity } from './ids.js'
import type { LayerFolders } from './layers.js'
import { type PreparedMounts, prepareMounts } from './mounts.js'
import {
  asksForPorts,
  type Connection,
  complaint,
  forwardPorts,
  helperOptions,
  type NetworkPlan,
  type Outcome,
  planNetwork,
  resolvConf,
  SOCKET,
  startConnected,
} from './network.js'
import { type OverlayKind, overlayOptions } from './overlay.js'
import { childrenOf, commandAt, type Place } from './processes.js'
import { noteInit, noteRun } from './recover.js'
import { prepareLayers } from './root.js'
import { makeRunFolder, removeControlGroups, removeRunFolder, removeWorks } from './run-folder.js'
import { passSockets } from './sockets.js'
import { type ContainerSpec, specText } from './spec.js'
import { checkStart, textIfAny } from './start-failure.js'
import { Tracing } from './trace/start.js'
import { stracePrefix, straceProblem, youngFilter } from './trace/strace.js'
import { mergeUpper } from './upper.js'
import { REACHED, type WrapperPrograms, wrapperPrefix } from './wrapper.js'

/** What all runs of an executor have in common. */
export interface Sandbox extends OverlayKind {
  readonly folder: string
  readonly programs: WrapperPrograms
  readonly backends: readonly FoundBackend[]
  readonly layers: LayerFolders
}

/** @throws ExecutorError where the command could not be run at all */
export async function runInSandbox(sandbox: Sandbox, request: ExecRequest): Promise<ExecResult> {
  if (request.signal?.aborted) throw new RunAbortedError({ cause: request.signal.reason })
  const first = await runOnce(sandbox, request)
  if (!('disturbed' in first)) return first
  const { onAccess, ...untraced } = request
  const second = await runOnce(sandbox, untraced)
  if ('disturbed' in second) throw new ExecutorError('SANDBOX_FAILED', second.disturbed)
  onAccess?.({ kind: 'untraced', reason: `${first.disturbed}; it ran again without` })
  return second
}

/** What a tracer has changed, so that the run does not count. */
interface Disturbed {
  readonly disturbed: string
}

async function runOnce(sandbox: Sandbox, request: ExecRequest): Promise<ExecResult | Disturbed> {
  const run = makeRunFolder(sandbox.folder, sandbox.ids)
  let done = false
  try {
    const ended = await execute(sandbox, request, run)
    if ('disturbed' in ended) return ended
    done = true
    return { ...ended, release: () => removeRunFolder(run.path) }
  } finally {
    if (!done) {
      // A runtime that comes to its end removes them itself.
      await removeControlGroups(run.id)
      removeRunFolder(run.path)
    }
  }
}

async function execute(
  sandbox: Sandbox,
  request: ExecRequest,
  run: { readonly path: string; readonly id: string },
): Promise<ExecResult | Disturbed> {
  const { overlay, filesystem, hostname = 'localhost' } = request
  const found = await lookupUser(filesystem, request.user ?? '')
  // Without subordinate ids there are no further groups either: root runs without those that it has.
  const identity = sandbox.ids.kind === 'one' ? { ...found, groups: [] } : found
  checkIdentity(sandbox.ids, identity.uid, identity.gid, identity.groups)
  const env = new Map(request.env)
  if (!env.has('HOME')) env.set('HOME', identity.home)
  const cwd = checkDirectory(filesystem, request.cwd)
  checkCommand(filesystem, request.argv[0] ?? '', env.get('PATH'), cwd)
  checkKernelFolders(overlay)
  const mounts = (request.mounts ?? [])
    .filter(({ target }) => !KERNEL.has(target))
    .map((mount) => ({ ...mount, target: placeOf(filesystem, mount.target) }))
  const plan = planNetwork(request)
  checkUlimits(request.resources)
  const own = ownFiles(request, mounts, hostname, plan.kind)
  try {
    const ownFiles = await own.files()
    const prepared = await prepareMounts(run.path, mounts, request.files ?? [], ownFiles, sandbox.ids)
    const secretEnv = (request.secretEnv?.size ?? 0) > 0
    const sometimes = [
      ...(prepared.inMemory || secretEnv ? ['s'] : []),
      ...(prepared.sockets.length > 0 ? ['a'] : []),
      ...(plan.kind === 'private' ? ['n'] : []),
    ]
    for (const name of ['w', 'root', ...sometimes]) mkdirSync(join(run.path, name))
    const lowers = await prepareLayers(sandbox, request, run.path, [...KERNEL, ...prepared.mounts.map(({ target }) => target)])
    if (request.recoverAs !== undefined) noteRun(run.path, request.recoverAs, prepared.named)
    const spec: ContainerSpec = {
      id: run.id,
      folder: run.path,
      argv: request.argv,
      env,
      cwd,
      identity,
      hostname,
      network: plan.kind,
      mounts: prepared.mounts,
      readonlyRoot: request.readonlyRoot ?? false,
      ids: sandbox.ids,
      insecure: request.security === 'insecure',
      resources: request.resources ?? {},
      terminal: request.terminal ?? false,
      secretEnv,
      traced: request.onAccess !== undefined && straceProblem() === undefined,
    }
    const tracing = spec.traced ? new Tracing({ request, spec, mounts, own: ownFiles }) : undefined
    const chosen = chooseBackend(sandbox.backends, spec)
    const text = chosen.backend.readsSpec ? specText(spec, !chosen.backend.withoutControlGroups) : undefined
    // It has the environment in it.
    if (text !== undefined && !secretEnv) writeFileSync(join(run.path, 'config.json'), text, { mode: 0o600 })
    const files = await prepared.archive(new Map(text !== undefined && secretEnv ? [['config.json', text]] : []))
    const closeSockets = await passSockets(join(run.path, 'a'), prepared.sockets)
    // What was read of a stream is gone when the wrapper is.
    const again = request.stdin === undefined || request.stdin instanceof Uint8Array
    const start = (connection?: Connection) =>
      runWrapper(
        sandbox,
        chosen,
        request,
        spec,
        { ...prepared, files, tracing, connection, ports: connection?.ports ?? plan.ports },
        lowers,
      )
    const exitCode = await startConnected(plan, again, start).finally(closeSockets)
    const merge = (to: Overlay) => mergeUpper(join(run.path, 'u'), to, sandbox)
    const traced = await tracing?.end(merge)
    if (traced?.disturbed) return { disturbed: traced.lost ?? 'the tracer did not work' }
    await merge(overlay)
    await prepared.merge()
    if (traced?.lost !== undefined) request.onAccess?.({ kind: 'untraced', reason: traced.lost })
    return { exitCode, ...(traced?.tracing ? { tracing: traced.tracing } : {}) }
  } finally {
    own.finish()
  }
}

/** The kernel's own filesystems: nothing that was made for the simulated shell is mounted over them. */
const KERNEL = new Set(['/proc', '/sys', '/dev'])

/**
 * Where a mount point really lies in the frozen tree: a runtime must not have to follow a link of the image, because some follow it on the
 * machine (S29, S30). What lies in the kernel's own filesystems is not in the tree.
 */
function placeOf(fs: FileSystem, target: string): string {
  return KERNEL.has(`/${target.split('/').filter(Boolean)[0] ?? ''}`) ? target : fs.realpath(target)
}

/** @throws ExecutorError RUN_KERNEL_FOLDER: what is mounted there would be mounted where a link of the image leads */
function checkKernelFolders(overlay: Overlay): void {
  // The root's own names, not what a link leads to: `exists` would follow it.
  for (const { name, type } of overlay.readdir('/')) {
    const path = `/${name}`
    if (KERNEL.has(path) && type !== 'dir')
      throw new ExecutorError(
        'RUN_KERNEL_FOLDER',
        `${path} of the image is no directory: a real sandbox mounts the kernel's there; remove it in the Dockerfile`,
      )
  }
}

/** /etc/hosts and /etc/resolv.conf, unless the caller mounts its own (as containers do). */
function ownFiles(request: ExecRequest, mounts: readonly Mount[], hostname: string, network: NetworkPlan['kind']) {
  if (mounts.some(({ target }) => target === '/etc/hosts')) {
    giveNameServers(request, network)
    return { files: async () => [], finish: () => undefined }
  }
  const made: EngineFiles = engineFiles(request.overlay, {
    hostname,
    resolvConf: resolvConf(network),
    extraHosts: request.extraHosts ?? [],
  })
  const file = async (path: string): Promise<RequestFile> => ({
    path: request.overlay.realpath(path),
    bytes: await made.filesystem.readFile(path),
    mode: 0o644,
  })
  return { files: () => Promise.all(['/etc/hosts', '/etc/resolv.conf'].map(file)), finish: () => made.finish() }
}

/** A container brings an empty /etc/resolv.conf: only who runs it knows the network. */
function giveNameServers({ filesystem, mounts }: ExecRequest, network: NetworkPlan['kind']): void {
  const path = '/etc/resolv.conf'
  if (network === 'none' || !mounts?.some(({ target, readonly }) => target === path && !readonly)) return
  if (filesystem.stat(path).size === 0) filesystem.writeFile(path, resolvConf(network))
}

async function runWrapper(
  sandbox: Sandbox,
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
  // Without control groups nothing else keeps a command from a device whose node it finds.
  const devices = !backend.withoutControlGroups || spec.insecure
  // Highest first; short names, because all of them together have to fit into one page.
  const names = Array.from({ length: lowers }, (_, i) => `l/${lowers - 1 - i}`)
  const steps = [
    files.length === 0 ? 'none' : ids.kind === 'one' ? 'unowned' : 'files',
    overlayOptions(names, 'u', 'w', sandbox, devices),
    ...overlays.flatMap((at) => ['overlay', `${at}/mnt`, overlayOptions([`${at}/l`], `${at}/u`, `${at}/w`, sandbox, devices)]),
    ...scratches.flatMap(({ at, options }) => ['scratch', at, options]),
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
