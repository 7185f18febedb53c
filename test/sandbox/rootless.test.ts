/** The real sandbox without root: the suite of all executors, run by an ordinary user, with subordinate ids and without. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { leaveOut, requireTool } from '../support/tools.js'
import { ordinaryUser } from './as-user.js'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
if (!isRoot) leaveOut('tests of the rootless sandbox', 'only root can become an ordinary user')
const busybox = isRoot ? requireTool('busybox') : undefined
const tools = isRoot && ['unshare', 'setpriv', 'newuidmap'].every((name) => requireTool(name))
const runtimes = isRoot ? ['runc', 'crun', 'bwrap'].filter((name) => requireTool(name)) : []

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!busybox || !tools || runtimes.length === 0)('rootless', () => {
  const cases = [
    { name: 'with subordinate ids', subordinates: true, ids: { kind: 'range', count: 65536 }, limitations: 0 },
    { name: 'without subordinate ids', subordinates: false, ids: { kind: 'one', count: 1 }, limitations: 1 },
  ]
  it.each(cases)('passes the suite of executors $name', async ({ subordinates, ids, limitations }) => {
    const scratch = mkdtempSync(join(tmpdir(), 'layerwright-rootless-'))
    folders.push(scratch)
    const user = await ordinaryUser(scratch, { subordinates })
    const { status, output } = await user.run('suite-as-user.ts', [join(user.home, 'sandbox'), busybox!, ...runtimes])
    expect(status, output).toBe(0)
    const detected = JSON.parse(/^detected (.*)$/m.exec(output)?.[1] ?? 'null')
    const ofIds = detected.limitations.filter(({ what }: { what: string }) => !/network/.test(what)).length
    expect({ ...detected, limitations: ofIds }).toEqual({ available: true, ids, problems: [], limitations })
    const count = (what: string) => Number(new RegExp(`^[#ℹ] ${what} (\\d+)$`, 'm').exec(output)?.[1])
    expect([count('fail'), count('skipped')]).toEqual([0, 0])
    expect(count('pass')).toBeGreaterThanOrEqual(17 * runtimes.length)
  })
})
