/** What the parts of the suite share: assertions without a test runner's, and a command on a fresh overlay. */
import type { Layer } from '@layerwright/layer'
import { createOverlay, mountView, type Overlay, readAll, type Snapshot } from '@layerwright/vfs'
import type { RunOption } from '../errors.js'
import type { ExecMount, ExecRequest, Executor } from '../types.js'

/** The two functions of a test runner that the suite needs: those of vitest, jest, mocha or node:test. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}

export interface ExecutorFixture {
  readonly executor: () => Executor
  /** A root with a POSIX shell and the usual small programs in /bin, and a user `app` (1000:1000) that is also in the group `team` (2000). */
  readonly base: () => Promise<{ readonly snapshot: Snapshot; readonly layers: readonly Layer[] }>
  /** Whether commands may run as somebody else than root; default true. */
  readonly users?: boolean
  /** Whether files may belong to others; default true. A rootless sandbox without subordinate ids has only one user. */
  readonly owners?: boolean
  /** What it can do beyond running a command on a tree; everything else has to be refused. Default: nothing. */
  readonly supports?: readonly RunOption[]
}

/** An executor does not do what the suite demands. */
class ExecutorSuiteError extends Error {
  override readonly name = 'ExecutorSuiteError'
  readonly code = 'EXECUTOR_SUITE'
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each)))
  if (a !== b) throw new ExecutorSuiteError(`${what}: got ${a}, expected ${b}`)
}

export async function rejects(code: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    return equal((error as { code?: string }).code, code, 'code of the error')
  }
  throw new ExecutorSuiteError(`expected an error with code ${code}`)
}

/** What differs from a shell script as root on the base. */
export type Options = Partial<ExecRequest> & { readonly mounts?: readonly ExecMount[] }

/** Runs `script` on `overlay`, a fresh one over the base by default. */
export async function runScript({ executor, base }: ExecutorFixture, script: string, { mounts = [], ...options }: Options = {}) {
  const lower = options.lower ?? (await base())
  const overlay = options.overlay ?? createOverlay(lower.snapshot)
  const out = { stdout: '', stderr: '' }
  const result = await executor().run({
    overlay,
    filesystem: mountView(overlay, mounts),
    mounts,
    lower,
    argv: ['/bin/sh', '-c', script],
    env: new Map([['PATH', '/bin']]),
    cwd: '/',
    onOutput(stream, bytes) {
      out[stream] += new TextDecoder().decode(bytes)
    },
    ...options,
  })
  // What it wrote is read before it is given up, as a builder does.
  const text = new Map<string, string>()
  for (const { path, inode } of overlay.changes()) {
    if (inode?.type === 'file') text.set(`/${path}`, new TextDecoder().decode(await readAll(inode.content)))
  }
  const contents = async (fs: Overlay, path: string) => new TextDecoder().decode(await fs.readFile(path))
  const volumes = new Map<string, string>()
  for (const { source } of mounts) {
    if (!('driver' in source)) continue
    for (const { path, inode } of source.changes()) if (inode?.type === 'file') volumes.set(`/${path}`, await contents(source, `/${path}`))
  }
  result.release?.()
  return { ...out, exitCode: result.exitCode, overlay, text, volumes, diff: overlay.diff().map(({ kind, path }) => `${kind} ${path}`) }
}

/** `runScript` for one fixture. */
export type Run = (script: string, options?: Options) => ReturnType<typeof runScript>

/** What a part of the suite is given. */
export interface Part {
  readonly name: string
  readonly fixture: ExecutorFixture
  readonly run: Run
  readonly runner: TestRunner
}
