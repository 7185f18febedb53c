/** Every executor does the same. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunOption } from '@layerwright/executor'
import { type BackendName, linuxExecutor } from '@layerwright/executor/linux'
import { simulatedShell } from '@layerwright/executor/shell'
import { executorSuite } from '@layerwright/executor/testing'
import { afterAll, describe, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { baseRoot } from './base.js'
import { networked, sandboxed, threadedShell } from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'layerwright-executors-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const busybox = requireTool('busybox')
describe.skipIf(!busybox)('executors', () => {
  const base = () => baseRoot(busybox!)
  const runner = { describe, it }
  executorSuite('shell', { executor: () => simulatedShell(), base }, runner)
  const threaded = threadedShell()
  executorSuite('shell in a worker', { executor: () => threaded, base }, runner)
  for (const backend of ['runc', 'crun', 'bwrap'] satisfies BackendName[]) {
    if (!sandboxed(backend)) continue
    const controlled = backend === 'runc' ? (['memory', 'cpus'] as const) : []
    const terminal = backend === 'bwrap' ? [] : (['terminal'] as const)
    const ports = networked() ? (['ports'] as const) : []
    const supports: RunOption[] = ['socket', 'insecure', 'ulimits', 'shm', ...controlled, ...terminal, ...ports]
    executorSuite(backend, { executor: () => linuxExecutor({ backend, folder }), base, supports }, runner)
  }
})
