/** One command: its folder, its mounts, what runs it, and what it leaves. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileSystem, Mount, Overlay } from '@layerwright/vfs'
import { type EngineFiles, engineFiles } from '../engine-files.js'
import { ExecutorError, RunAbortedError } from '../errors.js'
import { checkUlimits } from '../run-options.js'
import type { ExecRequest, ExecResult, RequestFile } from '../types.js'
import { lookupUser } from '../users.js'
import { chooseBackend } from './choose.js'
import { checkCommand, checkDirectory } from './command.js'
import type { FoundBackend } from './detect.js'
import { checkIdentity } from './ids.js'
import type { Keepers } from './keepers.js'
import type { LayerFolders } from './layers.js'
import { prepareMounts } from './mounts.js'
import { type Connection, type NetworkPlan, planNetwork, resolvConf, startConnected } from './network.js'
import type { OverlayKind } from './overlay.js'
import { leaseFor, runPlain } from './plain.js'
import { noteRun } from './recover.js'
import { prepareLayers } from './root.js'
import { makeRunFolder, removeControlGroups, removeRunFolder } from './run-folder.js'
import { passSockets } from './sockets.js'
import { type ContainerSpec, specText } from './spec.js'
import { Tracing } from './trace/start.js'
import { straceProblem } from './trace/strace.js'
import { mergeUpper } from './upper.js'
import { runWrapper } from './wrapped.js'
import type { WrapperPrograms } from './wrapper.js'

/** What all runs of an executor have in common. */
export interface Sandbox extends OverlayKind {
  readonly folder: string
  readonly programs: WrapperPrograms
  readonly backends: readonly FoundBackend[]
  readonly layers: LayerFolders
  readonly keepers: Keepers
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
  given: Sandbox,
  request: ExecRequest,
  run: { readonly path: string; readonly id: string },
): Promise<ExecResult | Disturbed> {
  const { overlay, filesystem, hostname = 'localhost' } = request
  // What shall outlive whoever runs it, outlives the machine's power as well.
  const volatile = given.volatile && request.recoverAs === undefined
  const sandbox = { ...given, volatile }
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
  const lease = leaseFor(sandbox.keepers, sandbox.backends, request)
  let tracing: Tracing | undefined
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
    if (request.recoverAs !== undefined) noteRun(run.path, request.recoverAs, prepared.named, !volatile)
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
    tracing = spec.traced ? new Tracing({ request, spec, mounts, own: ownFiles, upper: join(run.path, 'u') }) : undefined
    const chosen = chooseBackend(sandbox.backends, spec)
    const text = chosen.backend.readsSpec ? specText(spec, !chosen.backend.withoutControlGroups) : undefined
    // It has the environment in it.
    if (text !== undefined && !secretEnv) writeFileSync(join(run.path, 'config.json'), text, { mode: 0o600 })
    const files = await prepared.archive(new Map(text !== undefined && secretEnv ? [['config.json', text]] : []))
    const closeSockets = await passSockets(join(run.path, 'a'), prepared.sockets)
    // What was read of a stream is gone when the wrapper is.
    const again = request.stdin === undefined || request.stdin instanceof Uint8Array
    const wrapped = (connection?: Connection) =>
      runWrapper(
        sandbox,
        chosen,
        request,
        spec,
        { ...prepared, files, tracing, connection, ports: connection?.ports ?? plan.ports },
        lowers,
      )
    const start = async () =>
      (lease && (await runPlain(lease, chosen, request, spec, prepared, lowers, sandbox))) ?? startConnected(plan, again, wrapped)
    const exitCode = await start().finally(closeSockets)
    const merge = (to: Overlay) => mergeUpper(join(run.path, 'u'), to, sandbox)
    const traced = await tracing?.end(merge)
    if (traced?.disturbed) return { disturbed: traced.lost ?? 'the tracer did not work' }
    await merge(overlay)
    await prepared.merge()
    if (traced?.lost !== undefined) request.onAccess?.({ kind: 'untraced', reason: traced.lost })
    return { exitCode, ...(traced?.tracing ? { tracing: traced.tracing } : {}) }
  } finally {
    lease?.end()
    own.finish()
    tracing?.close()
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
