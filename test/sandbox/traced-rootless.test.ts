/** Traced steps in the real sandbox without root: run by an ordinary user, with subordinate ids and without. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { leaveOut, requireTool } from '../support/tools.js'
import { ordinaryUser } from './as-user.js'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
if (!isRoot) leaveOut('tests of rootless tracing', 'only root can become an ordinary user')
const busybox = isRoot ? requireTool('busybox') : undefined
const tools = isRoot && ['unshare', 'setpriv', 'newuidmap', 'strace'].every((name) => requireTool(name))
const runtimes = isRoot ? ['runc', 'crun', 'bwrap'].filter((name) => requireTool(name)) : []

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Random programs for each kind of user. */
const runs = Math.max(3, Math.round(Number(process.env.FUZZ_RUNS || 300) / 12_500))

describe.skipIf(!busybox || !tools || runtimes.length === 0)('rootless tracing', () => {
  it.each([
    { name: 'with subordinate ids', subordinates: true },
    { name: 'without subordinate ids', subordinates: false },
  ])(
    'gives what clean builds give $name',
    async ({ subordinates }) => {
      const scratch = mkdtempSync(join(tmpdir(), 'layerwright-rootless-'))
      folders.push(scratch)
      const user = await ordinaryUser(scratch, { subordinates })
      const { status, output } = await user.run('traced-as-user.ts', [join(user.home, 'sandbox'), busybox!, String(runs), ...runtimes])
      expect(status, output).toBe(0)
      const count = (what: string) => Number(new RegExp(`^[#ℹ] ${what} (\\d+)$`, 'm').exec(output)?.[1])
      expect([count('fail'), count('skipped'), count('pass')]).toEqual([0, 0, runtimes.length + 1])
      if (runs > 3) console.log(/^\d+ programs.*$/m.exec(output)?.[0])
    },
    900_000,
  )
})
