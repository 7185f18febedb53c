/** Plain commands share a wrapper: nothing of one is the next one's, and none is left when there is nothing more to do. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecRequest } from '@layerwright/executor'
import { type BackendName, linuxExecutor } from '@layerwright/executor/linux'
import { createOverlay } from '@layerwright/vfs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { type Base, baseRoot } from './base.js'
import { sandboxed } from './support.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-keepers-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))
const busybox = requireTool('busybox')

for (const backend of ['runc', 'crun', 'bwrap'] satisfies BackendName[]) {
  describe.skipIf(!busybox || !sandboxed(backend))(`plain commands in ${backend}`, () => {
    const folder = join(scratch, backend)
    const executor = linuxExecutor({ folder, backend })
    let base: Base
    beforeAll(async () => {
      base = await baseRoot(busybox!)
    })

    async function run(argv: readonly string[], options: Partial<ExecRequest> = {}) {
      const overlay = createOverlay(base.snapshot)
      const printed = { stdout: '', stderr: '' }
      const { exitCode, release } = await executor.run({
        ...{ overlay, filesystem: overlay, lower: base, argv, env: new Map([['PATH', '/bin']]), cwd: '/' },
        ...options,
        onOutput(stream, bytes) {
          printed[stream] += new TextDecoder().decode(bytes)
          options.onOutput?.(stream, bytes)
        },
      })
      const diff = overlay.diff().map(({ kind, path }) => `${kind} ${path}`)
      release?.()
      return { exitCode, ...printed, diff }
    }
    const shell = (script: string, options?: Partial<ExecRequest>) => run(['/bin/sh', '-c', script], options)

    /** Processes that work in the folder of all runs. */
    const keepers = () =>
      readdirSync('/proc').filter((pid) => {
        try {
          return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === join(folder, 'runs')
        } catch {
          return false
        }
      })

    it('have each their own output, exit code and files', async () => {
      for (let i = 0; i < 6; i++) {
        const got = await shell(`ls /; echo out ${i}; echo err ${i} >&2; echo ${i} > /made-${i}; exit ${i}`)
        expect(got.stdout).toBe(`bin\ndev\ndir\netc\nproc\nsys\ntmp\nout ${i}\n`)
        expect(got).toMatchObject({ exitCode: i, stderr: `err ${i}\n`, diff: [`A /made-${i}`] })
        if (i === 0) expect(keepers()).not.toEqual([])
      }
    })

    it('get their words as they are, and print what they like', async () => {
      const words = ['', ' a  b ', 'two\nlines\n', '\'quoted\' "$HOME" `id` \\n', '-n', 'ä\u0001']
      const argv = ['/bin/sh', '-c', 'for word; do printf "%s|" "$word"; done', 'sh', ...words]
      expect(await run(argv)).toMatchObject({ exitCode: 0, stdout: words.map((word) => `${word}|`).join(''), stderr: '' })
      const long = 'x'.repeat(20_000)
      expect(await run([...argv, long])).toMatchObject({ exitCode: 0, stdout: [...words, long].map((word) => `${word}|`).join('') })
      expect((await shell('head -c 3000000 /dev/zero; echo end >&2')).stdout).toHaveLength(3_000_000)
    })

    it('read an empty input, and hold no descriptor of the wrapper', async () => {
      const { exitCode, stdout } = await shell('cat; ls /proc/$$/fd; true')
      // Others come from whoever started this process, and a runtime may hand them on.
      expect([exitCode, stdout.split('\n').filter((name) => /^\d$/.test(name))]).toEqual([0, ['0', '1', '2']])
    })

    it('run at the same time', async () => {
      const all = await Promise.all(Array.from({ length: 6 }, (_, i) => shell(`echo ${i}; exit ${i}`)))
      expect(all.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(all.map((_, i) => [i, `${i}\n`]))
    })

    it('go on after one that was aborted, and after a wrapper that was killed', async () => {
      const controller = new AbortController()
      const aborted = shell('echo up; sleep 60', { signal: controller.signal, onOutput: () => controller.abort() })
      await expect(aborted).rejects.toMatchObject({ code: 'RUN_ABORTED' })
      expect(await shell('echo one')).toMatchObject({ exitCode: 0, stdout: 'one\n' })
      for (const pid of keepers()) process.kill(Number(pid), 'SIGKILL')
      expect(await shell('echo two')).toMatchObject({ exitCode: 0, stdout: 'two\n' })
    })

    it('leave no wrapper behind', () => vi.waitFor(() => expect(keepers()).toEqual([]), { timeout: 60_000 }))
  })
}
