/** The programs that are measured beside ours, and the registry between them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { WorkloadFailedError } from '../errors.js'
import type { Cost } from './child.js'

const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(Boolean)

/** Where a program lies; undefined: it is not installed. */
export const program = (name: string): string | undefined => FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path))

/** One of our own operations (`child.ts`). @throws WorkloadFailedError */
export function ours(operation: string, dir: string, ...args: string[]): Cost {
  // By the package's name: that is the built file, also where this one runs from its source.
  const script = join(dirname(createRequire(import.meta.url).resolve('@layerwright/bench/package.json')), 'dist/node/transfer/child.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, operation, dir, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new WorkloadFailedError(operation, stderr)
  return JSON.parse(stdout) as Cost
}

/** Another program; its cpu as the shell knows it of its children. @throws WorkloadFailedError */
export function theirs(command: readonly string[], environment: Readonly<Record<string, string>> = {}): Pick<Cost, 'ms' | 'cpuMs'> {
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync('sh', ['-c', '"$@" >/dev/null && times', 'sh', ...command], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  })
  const ms = performance.now() - start
  if (status !== 0) throw new WorkloadFailedError(command[0] ?? '', stderr)
  const children = stdout.trim().split('\n').at(-1) ?? ''
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest))
  return { ms, cpuMs: seconds.reduce((sum, one) => sum + one, 0) * 1000 }
}

/** The last line that a program prints. @throws WorkloadFailedError */
export function output([command = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new WorkloadFailedError(command, stderr)
  return stdout.trim().split('\n').at(-1) ?? ''
}

/** A program that runs until it is stopped. */
export interface Daemon {
  readonly pid: number
  stop(): Promise<void>
}

function start(command: readonly string[]): Daemon {
  const child: ChildProcess = spawn(command[0]!, command.slice(1), {
    stdio: 'ignore',
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  })
  const ended = once(child, 'exit')
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function until(what: string, ready: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await ready()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new WorkloadFailedError(what, 'it did not start within 20 seconds')
}

export interface BenchRegistry extends Daemon {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** Forgets everything. */
  clear(): void
}

/** Docker's own registry on loopback, its files below `dir`. */
export async function startRegistry(binary: string, dir: string): Promise<BenchRegistry> {
  const root = join(dir, 'registry')
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const host = `127.0.0.1:${(probe.address() as AddressInfo).port}`
  probe.close()
  const config = join(dir, 'registry.yml')
  const clear = () => {
    rmSync(root, { recursive: true, force: true })
    mkdirSync(root)
  }
  clear()
  const log = 'log:\n  level: error\n  accesslog:\n    disabled: true\n'
  writeFileSync(config, `version: 0.1\n${log}storage:\n  filesystem:\n    rootdirectory: ${root}\nhttp:\n  addr: ${host}\n`)
  const daemon = start([binary, 'serve', config])
  await until('docker-registry', () =>
    fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return { ...daemon, host, clear }
}

/** cpu of a running process and its threads so far, in milliseconds (Linux: fields utime and stime of its `stat`, in hundredths of a second). */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

export interface Engine extends Daemon {
  /** Runs `docker …` against it. */
  docker(...args: string[]): void
}

/** A Docker engine with its own folders and socket below `dir`; undefined where it does not start (it wants root and mounts). */
export async function startEngine(dir: string): Promise<Engine | undefined> {
  const [dockerd, docker] = [program('dockerd'), program('docker')]
  if (!dockerd || !docker || process.getuid?.() !== 0) return undefined
  const socket = join(dir, 'docker.sock')
  const folders = ['--data-root', join(dir, 'docker'), '--exec-root', join(dir, 'docker-exec'), '--pidfile', join(dir, 'docker.pid')]
  const daemon = start([dockerd, '--iptables=false', '--bridge=none', ...folders, '-H', `unix://${socket}`])
  const run = (...args: string[]) => spawnSync(docker, ['-H', `unix://${socket}`, ...args], { encoding: 'utf8' })
  try {
    await until('dockerd', () => run('version').status === 0)
  } catch (error) {
    await daemon.stop()
    if (error instanceof WorkloadFailedError) return undefined
    throw error
  }
  return {
    ...daemon,
    docker(...args) {
      const { status, stderr } = run(...args)
      if (status !== 0) throw new WorkloadFailedError(`docker ${args[0]}`, stderr)
    },
  }
}
