import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { commandLine, scratchFolder, writeFiles } from './support.js'

const folder = scratchFolder()
let count = 0

/** A store with a tagged build of two stages, and the folder that it was built from. */
async function built(): Promise<{ store: string; context: string; run: ReturnType<typeof commandLine> }> {
  const store = join(folder, `store${count}`)
  const context = join(folder, `context${count++}`)
  mkdirSync(context)
  writeFiles(context, {
    Dockerfile: 'FROM scratch AS deps\nCOPY big /big\nFROM scratch\nCOPY --from=deps /big /copied\nCOPY small /small\n',
    big: randomBytes(300_000).toString('hex'),
    small: 'small',
  })
  const run = commandLine(store, context)
  expect((await run(['build', '-q', '-t', 'app:1', '.'])).status).toBe(0)
  return { store, context, run }
}
const json = async (run: ReturnType<typeof commandLine>, args: string[]) => JSON.parse((await run(args)).stdout)

describe('system df', () => {
  const du = requireTool('du')
  it.skipIf(!du)('says what the disk says, within a hundredth', async () => {
    const { store, run } = await built()
    const { rows, total } = await json(run, ['system', 'df', '--json'])
    const counted = Number(execFileSync(du!, ['-s', '-B1', store], { encoding: 'utf8' }).split('\t')[0])
    expect(Math.abs(total - counted)).toBeLessThanOrEqual(counted / 100)
    expect(rows.reduce((sum: number, { bytes }: { bytes: number }) => sum + bytes, 0)).toBe(total)
    expect(rows.find(({ type }: { type: string }) => type === 'images')).toMatchObject({ count: 1 })
  })
})

describe('system prune', () => {
  it('says with --dry-run what it would do, and does nothing', async () => {
    const { store, run } = await built()
    const before = readdirSync(store, { recursive: true }).sort()
    const planned = await json(run, ['system', 'prune', '--all', '--dry-run', '--json'])
    expect(readdirSync(store, { recursive: true }).sort()).toEqual(before)
    expect(planned.entries.map(({ kind }: { kind: string }) => kind)).toContain('step')
    const text = await run(['system', 'prune', '--all', '--dry-run'])
    expect(text.stdout).toMatch(/step [0-9a-f]{12} \[deps\] 6\d\d kB/)
    expect(text.stdout).toMatch(/Would remove 1 blob,/)
    const done = await json(run, ['system', 'prune', '--all', '--json'])
    expect(done.blobs).toEqual(planned.blobs)
    expect(done.after).toBe(planned.after)
    // The named image is whole.
    expect((await run(['store', 'verify'])).stdout).toMatch(/all right/)
  })
  it('keeps what a policy names', async () => {
    const { run } = await built()
    expect((await json(run, ['system', 'prune', '--keep-stage', 'deps', '--json'])).blobs).toEqual([])
    expect((await json(run, ['system', 'prune', '--keep-recent', '1h', '--json'])).blobs).toEqual([])
    expect((await json(run, ['system', 'prune', '--keep-tag', 'app:*', '--json'])).blobs).toEqual([])
    expect((await json(run, ['system', 'prune', '--keep-tag', 'other:*', '--json'])).blobs).toHaveLength(1)
  })
  it('says when and why what it removed is gone', async () => {
    const { run } = await built()
    await run(['system', 'prune', '--all'])
    const again = await run(['build', '--progress', 'plain', '.'])
    expect(again.stderr + again.stdout).toMatch(/evicted on \d{4}-\d\d-\d\d: it was pruned/)
  })
  it.each([
    [['system', 'prune', '--cap', 'much'], /not a size/],
    [['system', 'prune', '--keep-recent', 'long'], /not a duration/],
    [['store', 'policy', '--keep-recent', '1d'], /needs a cap/],
    [['store', 'policy', '--cap', '1GB', '--none'], /different things/],
  ])('refuses %j', async (args, message) => {
    const run = commandLine(join(folder, 'refused'))
    const { status, stderr } = await run(args as string[])
    expect(status).toBe(1)
    expect(stderr).toMatch(message as RegExp)
  })
})

describe('store policy', () => {
  it('is obeyed by every build after it', async () => {
    const { context, run } = await built()
    await run(['rmi', 'app:1'])
    expect((await run(['store', 'policy', '--cap', '1.5MB'])).stdout).toContain('1500000')
    for (let i = 0; i < 3; i++) {
      writeFileSync(join(context, 'big'), randomBytes(250_000).toString('hex'))
      expect((await run(['build', '-q', '.'])).status).toBe(0)
      expect((await json(run, ['system', 'df', '--json'])).total).toBeLessThanOrEqual(1_500_000)
    }
    // What has a name stays, and that it is too much is said.
    await run(['store', 'policy', '--cap', '300kB'])
    const named = await run(['build', '-t', 'app:2', '--progress', 'plain', '.'])
    expect(named.status).toBe(0)
    expect(named.stderr + named.stdout).toMatch(/above its cap/)
    expect((await run(['images', '-q'])).stdout.trim().split('\n')).toHaveLength(1)
    expect((await run(['store', 'policy', '--none'])).stdout.trim()).toBe('null')
  })
})

describe('store verify', () => {
  it('names what is wrong, repairs what can be made again, and the next build is right', async () => {
    const { store, run } = await built()
    const digest = (await run(['build', '-q', '.'])).stdout.trim()
    const files = readdirSync(store, { recursive: true })
      .map((name) => join(store, String(name)))
      .filter((path) => statSync(path).isFile())
    const layer = files.find((path) => path.includes('/blobs/') && statSync(path).size > 500_000)!
    const index = files.find((path) => readFileSync(path).subarray(0, 200).includes('layer-index'))!
    const [bytes, row] = [readFileSync(layer), readFileSync(index)]
    bytes[400_000]! ^= 1
    // Blobs can be read only, but for root.
    chmodSync(layer, 0o600)
    writeFileSync(layer, bytes)
    row[row.length - 4]! ^= 1
    writeFileSync(index, row)
    writeFileSync(join(store, 'blobs', 'sha256', 'stray'), '')

    const found = await run(['store', 'verify'])
    expect(found.status).toBe(1)
    expect(found.stdout).toMatch(/BLOB_CORRUPT sha256:/)
    expect(found.stdout).toMatch(/RECORD_CORRUPT records\//)
    expect(found.stdout).toMatch(/STRAY_FILE blobs\/sha256\/stray/)
    await run(['store', 'verify', '--repair'])
    expect((await run(['build', '-q', '-t', 'app:1', '.'])).stdout.trim()).toBe(digest)
    const left = await json(run, ['store', 'verify', '--json'])
    expect(left.faults.map(({ code }: { code: string }) => code)).toEqual(['STRAY_FILE'])
  })
})
