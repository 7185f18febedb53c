/** A command that runs: signals reach it, others join it, and it reads what comes while it runs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecRequest, JoinRequest, RunningCommand } from '@layerwright/executor'
import { type BackendName, linuxExecutor } from '@layerwright/executor/linux'
import { createOverlay, mountView } from '@layerwright/vfs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { type Base, baseRoot } from './base.js'
import { sandboxed } from './support.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-running-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))
const busybox = requireTool('busybox')
const identity = { uid: 0, gid: 0, groups: [], home: '/root' }

for (const backend of ['runc', 'crun', 'bwrap'] satisfies BackendName[]) {
  describe.skipIf(!busybox || !sandboxed(backend))(`a command in ${backend}`, () => {
    const executor = linuxExecutor({ folder: join(scratch, 'sandbox'), backend })
    let base: Base
    beforeAll(async () => {
      base = await baseRoot(busybox!)
    })

    /** Starts a script; `seen` waits until its output has a text in it. */
    async function start(script: string, options: Partial<ExecRequest> = {}) {
      const overlay = createOverlay(base.snapshot)
      let stdout = ''
      const listeners = new Set<() => void>()
      let started: (command: RunningCommand) => void = () => undefined
      const command = new Promise<RunningCommand>((resolve) => {
        started = resolve
      })
      const result = executor.run({
        overlay,
        filesystem: mountView(overlay),
        lower: base,
        argv: ['/bin/sh', '-c', script],
        env: new Map([['PATH', '/bin']]),
        cwd: '/',
        onStarted: started,
        onOutput(stream, bytes) {
          if (stream === 'stdout') stdout += new TextDecoder().decode(bytes)
          for (const listener of listeners) listener()
        },
        ...options,
      })
      const ended = result.then(({ exitCode, release }) => {
        release?.()
        return exitCode
      })
      const seen = (text: string) =>
        new Promise<void>((resolve) => {
          const look = () => stdout.includes(text) && resolve()
          listeners.add(look)
          look()
        })
      return { command: await command, ended, seen, overlay, stdout: () => stdout }
    }

    it('gets signals, whatever it does about them', async () => {
      const trapping = await start('trap "echo got; exit 7" TERM; echo ready; while :; do sleep 0.1; done')
      await trapping.seen('ready')
      trapping.command.kill(15)
      expect([await trapping.ended, trapping.stdout()]).toEqual([7, 'ready\ngot\n'])
      const killed = await start('echo ready; while :; do sleep 0.1; done')
      await killed.seen('ready')
      killed.command.kill(9)
      expect(await killed.ended).toBe(137)
    })

    it('reads its input as it comes', async () => {
      let more: (bytes: Uint8Array) => void = () => undefined
      const second = new Promise<Uint8Array>((resolve) => {
        more = resolve
      })
      async function* input() {
        yield new TextEncoder().encode('first\n')
        yield await second
      }
      const { seen, ended } = await start('while read line; do echo "got $line"; done', { stdin: input() })
      await seen('got first')
      more(new TextEncoder().encode('second\n'))
      await seen('got second')
      expect(await ended).toBe(0)
    })

    it('is joined by others, and shown while it runs', async () => {
      // It ends when it is told to, not when it sees what the other one does: that one ends with it, wherever it has got to.
      const { command, ended, seen, stdout } = await start(
        'trap "cat /tmp/two; exit" TERM; echo one > /tmp/one; echo ready; while :; do sleep 0.05; done',
      )
      await seen('ready')
      const beside = await executor.join!(command.handle!)
      const overlay = createOverlay(base.snapshot)
      await beside.look(overlay)
      expect(overlay.diff().map(({ path }) => path)).toContain('/tmp/one')
      const request = (script: string): JoinRequest => ({
        argv: ['/bin/sh', '-c', script],
        env: new Map([['PATH', '/bin']]),
        cwd: '/tmp',
        identity,
      })
      if (backend === 'bwrap') {
        await expect(beside.run(request('true'))).rejects.toMatchObject({ code: 'EXECUTOR_UNAVAILABLE' })
        command.kill(9)
        await ended
        return
      }
      await expect(beside.run({ ...request('true'), argv: ['/none'] })).rejects.toMatchObject({ code: 'RUN_COMMAND_NOT_FOUND' })
      await expect(beside.run({ ...request('true'), cwd: '/none' })).rejects.toMatchObject({ code: 'RUN_DIRECTORY' })
      expect((await beside.run(request('cat one > two; exit 3'))).exitCode).toBe(3)
      command.kill(15)
      expect(await ended).toBe(0)
      expect(stdout()).toBe('ready\none\n')
      await expect(executor.join!(command.handle!)).rejects.toMatchObject({ code: 'EXECUTOR_UNAVAILABLE' })
    })
  })
}
