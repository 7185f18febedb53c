/** One command on an engine: its image, its volumes, its container, and what it leaves. Everything in the engine is removed again but the image of the tree. */
import { randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { applyLayer, indexLayer, readTar } from '@layerwright/layer'
import type { Content } from '@layerwright/vfs'
import type Docker from 'dockerode'
import { CommandNotFoundError, ExecutorError, RunAbortedError, RunOptionUnsupportedError } from '../errors.js'
import { checkCommand, checkDirectory } from '../linux/command.js'
import { checkUlimits } from '../run-options.js'
import type { ExecRequest, ExecResult } from '../types.js'
import { type Identity, lookupUser } from '../users.js'
import type { Engine } from './gate.js'
import { forgetOldLowers, type LowerImage, lowerImage, topLayer } from './lower.js'
import { mergeTree } from './merge.js'
import { fillVolumes, type PreparedMounts, prepareMounts, readVolumes, stubsArchive } from './mounts.js'
import { Spool } from './spool.js'

/** The engine's own filesystems: nothing that was made for the simulated shell is mounted over them. */
const OWN = new Set(['/proc', '/sys', '/dev'])

/** Files that the engine gives every container by itself. */
const GIVEN = new Set(['/etc/hosts', '/etc/resolv.conf', '/etc/hostname'])

/** @throws ExecutorError where the command could not be run at all */
export async function runOnEngine(engine: Engine, request: ExecRequest): Promise<ExecResult> {
  if (request.signal?.aborted) throw new RunAbortedError({ cause: request.signal.reason })
  refuseUnknown(request)
  const spool = new Spool()
  let done = false
  try {
    const exitCode = await execute(engine, request, spool)
    done = true
    return { exitCode, release: () => spool.remove() }
  } catch (error) {
    if (request.signal?.aborted) throw new RunAbortedError({ cause: request.signal.reason })
    throw engineError(error)
  } finally {
    if (!done) spool.remove()
  }
}

/** @throws RunOptionUnsupportedError */
function refuseUnknown({ terminal, network, ports = [] }: ExecRequest): void {
  if (terminal) throw new RunOptionUnsupportedError('terminal', 'an engine has none of this machine')
  if (network === 'private' || ports.length > 0)
    throw new RunOptionUnsupportedError('ports', 'the engine may be on another machine; run the container there with its own command line')
}

/** What the engine says, as an error of ours. */
function engineError(error: unknown): unknown {
  const { statusCode, reason, json } = error as { statusCode?: number; reason?: string; json?: { message?: string } }
  if (statusCode === undefined) return error
  return new ExecutorError('ENGINE_FAILED', `the engine refused (${statusCode}): ${json?.message ?? reason ?? String(error)}`, {
    cause: error,
  })
}

async function execute(engine: Engine, request: ExecRequest, spool: Spool): Promise<number> {
  const { filesystem, overlay, argv } = request
  const identity = await lookupUser(filesystem, request.user ?? '')
  const env = new Map(request.env)
  if (!env.has('HOME')) env.set('HOME', identity.home)
  const cwd = checkDirectory(filesystem, request.cwd)
  checkCommand(filesystem, argv[0] ?? '', env.get('PATH'), cwd)
  checkUlimits(request.resources)
  const wanted = (request.mounts ?? []).filter(({ target }) => !OWN.has(target) && !GIVEN.has(target))
  const mounts = prepareMounts(engine, wanted, request.files ?? [])
  const before = overlay.freeze()
  const image = await lowerImage(engine, request, spool)
  const names = mounts.volumes.map(() => `layerwright-${randomBytes(8).toString('hex')}`)
  let container: Docker.Container | undefined
  try {
    for (const Name of names) await engine.docker.createVolume({ Name, Labels: { 'io.layerwright.run': '1' } })
    await fillVolumes(engine, mounts.volumes, names, image.name, spool)
    request.signal?.throwIfAborted()
    container = await engine.docker.createContainer(containerOptions(request, { identity, env, cwd, mounts, names, image }))
    if (mounts.stubs.size > 0) await container.putArchive(await stubsArchive(mounts, spool), { path: '/' })
    const exitCode = await runContainer(container, request)
    await takeOver(engine, container, request, { before, mounts, image, spool })
    return exitCode
  } finally {
    await container?.remove({ force: true, v: true })
    for (const name of names) await engine.docker.getVolume(name).remove({ force: true })
    await forgetOldLowers(engine)
  }
}

interface Prepared {
  readonly identity: Identity
  readonly env: ReadonlyMap<string, string>
  readonly cwd: string
  readonly mounts: PreparedMounts
  readonly names: readonly string[]
  readonly image: LowerImage
}

function containerOptions(request: ExecRequest, { identity, env, cwd, mounts, names, image }: Prepared): Docker.ContainerCreateOptions {
  const { argv, stdin, hostname, network = 'default', extraHosts = [], readonlyRoot = false, resources = {}, security } = request
  const { ulimits = [], memoryBytes, cpus, shmBytes } = resources
  return {
    Image: image.name,
    Entrypoint: [...argv],
    Env: [...env].map(([name, value]) => `${name}=${value}`),
    WorkingDir: cwd,
    User: `${identity.uid}:${identity.gid}`,
    // An engine takes no name for a container in the machine's own network.
    ...(hostname !== undefined && network !== 'host' ? { Hostname: hostname } : {}),
    OpenStdin: stdin !== undefined,
    StdinOnce: stdin !== undefined,
    HostConfig: {
      ...(network === 'default' ? {} : { NetworkMode: network }),
      Mounts: [
        ...mounts.binds,
        ...mounts.volumes.map(({ target, readonly }, index) => ({
          Type: 'volume' as const,
          Source: names[index] ?? '',
          Target: target,
          ReadOnly: readonly,
          VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } },
        })),
      ],
      Tmpfs: mounts.tmpfs,
      GroupAdd: identity.groups.map(String),
      ExtraHosts: extraHosts.map(({ name, address }) => `${name}:${address}`),
      ReadonlyRootfs: readonlyRoot,
      Privileged: security === 'insecure',
      ...(ulimits.length > 0 ? { Ulimits: ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })) } : {}),
      ...(memoryBytes === undefined ? {} : { Memory: memoryBytes }),
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
      ...(shmBytes === undefined ? {} : { ShmSize: shmBytes }),
    },
  }
}

/** Starts it, hands its streams on, and gives its status. */
async function runContainer(
  container: Docker.Container,
  { argv, stdin, onOutput, onStarted, signal, security }: ExecRequest,
): Promise<number> {
  const stream = await container.attach({ stream: true, stdout: true, stderr: true, stdin: stdin !== undefined, hijack: true })
  const output = (name: 'stdout' | 'stderr') => new PassThrough().on('data', (bytes: Uint8Array) => onOutput?.(name, bytes))
  const [stdout, stderr] = [output('stdout'), output('stderr')]
  container.modem.demuxStream(stream, stdout, stderr)
  const closed = new Promise<void>((resolve) => stream.once('close', resolve).once('end', resolve))
  stream.on('error', () => undefined)
  const kill = () => void container.kill().catch(() => undefined)
  signal?.addEventListener('abort', kill, { once: true })
  try {
    await container.start().catch((error: Error) => {
      throw startError(error, argv[0] ?? '', security === 'insecure')
    })
    onStarted?.({ kill: (number) => void container.kill({ signal: String(number) }).catch(() => undefined) })
    if (stdin instanceof Uint8Array) stream.end(stdin)
    else if (stdin) void feed(stream, stdin)
    else stream.end()
    // Aborted before it had begun, there was nothing to kill.
    if (signal?.aborted) kill()
    const { StatusCode } = (await container.wait()) as { StatusCode: number }
    signal?.throwIfAborted()
    await closed
    return StatusCode
  } finally {
    signal?.removeEventListener('abort', kill)
    if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy()
  }
}

/** Hands input on as it comes. */
async function feed(stream: NodeJS.WritableStream, input: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of input)
    if (!stream.write(bytes)) await new Promise((resolve) => stream.once('drain', resolve).once('close', resolve))
  stream.end()
}

function startError(error: Error & { json?: { message?: string } }, command: string, privileged: boolean): Error {
  const text = error.json?.message ?? error.message
  // An engine that is itself confined has not all capabilities to give.
  if (privileged && /unable to apply caps/i.test(text)) return new RunOptionUnsupportedError('insecure', `the engine refuses: ${text}`)
  if (/executable file .*not found|no such file or directory/i.test(text)) return new CommandNotFoundError(command)
  if (/permission denied|exec format error|is a directory/i.test(text))
    return new ExecutorError('RUN_COMMAND_DENIED', `exec: "${command}": ${text}`)
  return error
}

interface Left {
  readonly before: ReturnType<ExecRequest['overlay']['freeze']>
  readonly mounts: PreparedMounts
  readonly image: LowerImage
  readonly spool: Spool
}

/** What the command changed in the tree and in what was mounted. */
async function takeOver(engine: Engine, container: Docker.Container, { overlay }: ExecRequest, { before, mounts, image, spool }: Left) {
  const archive = await topLayer(engine, container, image.layers, spool)
  const blob = archive && (await lastLayer(archive.content))
  if (blob) {
    const index = await indexLayer(blob)
    const after = applyLayer(before, { diffId: index.diffId, blob, index })
    await mergeTree({ overlay, at: '', isOurs: mounts.isOurs }, before, after)
  }
  await readVolumes(container, mounts.volumes, spool)
}

/** The topmost layer of a docker-archive. */
async function lastLayer(archive: Content): Promise<Content> {
  const members = new Map((await readTar(archive)).map((entry) => [entry.name, entry]))
  const content = (name: string): Content => {
    const member = members.get(name)
    // older engines repeat no layer: the others are links to the first
    const at = member?.kind === 'symlink' ? new URL(member.linkName, `file:///${name}`).pathname.slice(1) : name
    const found = members.get(at)?.content
    if (!found) throw new ExecutorError('ENGINE_FAILED', `the engine's archive has no ${name}`)
    return found
  }
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of content('manifest.json').stream()) text += decoder.decode(chunk, { stream: true })
  const [{ Layers = [] } = {}] = JSON.parse(text) as { Layers?: string[] }[]
  return content(Layers.at(-1) ?? '')
}
