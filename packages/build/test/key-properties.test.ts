/** What is in the key of a COPY: everything that it selects, and nothing else. */
import { build, snapshotContext } from '@layerwright/build'
import { memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot, type Snapshot } from '@layerwright/vfs'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fuzz } from '../../../test/support/fuzz.js'

interface Entry {
  readonly path: string
  readonly bytes: Uint8Array
  readonly mode: number
  /** Of a link; its bytes and mode are not used. */
  readonly target?: string
}

const names = fc.constantFrom('a', 'b', 'ä', 'd/a', 'd/b', 'd/e/a', 'x.skip.txt', 'with space')
const entryIn = (folder: string, suffix = ''): fc.Arbitrary<Entry> =>
  fc.record(
    {
      path: names.map((name) => `${folder}/${name}${suffix}`),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }),
      mode: fc.constantFrom(0o644, 0o755, 0o600, 0o4755),
      target: fc.constantFrom('a', '../x', '/etc'),
    },
    { requiredKeys: ['path', 'bytes', 'mode'] },
  )
const entriesIn = (folder: string, suffix?: string) =>
  fc.uniqueArray(entryIn(folder, suffix), { selector: ({ path }) => path, minLength: 1, maxLength: 6 })

/** One change to a list of entries; gives another list. */
type Change = (entries: readonly Entry[]) => readonly Entry[]
const change: fc.Arbitrary<{ readonly kind: 'bytes' | 'mode' | 'name' | 'gone' | 'target'; readonly change: Change }> = fc
  .record({
    kind: fc.constantFrom('bytes' as const, 'mode' as const, 'name' as const, 'gone' as const, 'target' as const),
    which: fc.nat(),
    where: fc.nat(),
    bit: fc.nat(7),
  })
  .map(({ kind, which, where, bit }) => ({
    kind,
    change: (entries) => {
      const at = which % entries.length
      const entry = entries[at]!
      const others = entries.filter((_, i) => i !== at)
      if (kind === 'gone') return others
      if (kind === 'name') return [...others, { ...entry, path: entry.path.replace(/[^/]*$/, '~$&') }]
      if (kind === 'target' || (entry.target !== undefined && kind !== 'mode'))
        return [...others, { ...entry, target: `${entry.target ?? ''}~` }]
      // A link has no mode of its own: it becomes a file.
      if (entry.target !== undefined) return [...others, { path: entry.path, bytes: entry.bytes, mode: entry.mode }]
      if (kind === 'mode') return [...others, { ...entry, mode: entry.mode ^ (1 << bit) }]
      const bytes = entry.bytes.slice()
      bytes[where % bytes.length]! ^= 1 << bit
      return [...others, { ...entry, bytes }]
    },
  }))

const IGNORED = 'ignored\n**/*.tmp\n'

function contextOf(entries: readonly Entry[], dockerfile: string, nowNs: bigint): Snapshot {
  const overlay = createOverlay(emptySnapshot(), { now: () => nowNs })
  overlay.writeFile('/Dockerfile', dockerfile)
  overlay.writeFile('/.dockerignore', IGNORED)
  const paths = entries.map(({ path }) => path)
  for (const { path, bytes, mode, target } of entries) {
    if (paths.some((other) => other !== path && other.slice(0, path.length + 1) === `${path}/`)) continue // prefix-ok: with its slash
    overlay.mkdir(`/${path.slice(0, path.lastIndexOf('/'))}`, { recursive: true })
    if (target === undefined) {
      overlay.writeFile(`/${path}`, bytes)
      overlay.chmod(`/${path}`, mode)
    } else overlay.symlink(target, `/${path}`)
  }
  return overlay.freeze()
}

const store = memoryStore()
async function keyOf(entries: readonly Entry[], flags: string, nowNs = 0n): Promise<string | undefined> {
  const dockerfile = `FROM scratch\nCOPY --exclude=**/*.skip ${flags} sel /dst/\n`
  return (await build({ context: snapshotContext(contextOf(entries, dockerfile, nowNs)), store })).steps[0]?.key
}

/** Every folder is there anyway: one that holds only what is left out is selected, as an empty one. */
const keep: Entry[] = ['sel/keep', 'sel/d/keep', 'sel/d/e/keep'].map((path) => ({ path, bytes: new Uint8Array([1]), mode: 0o644 }))

fuzz(
  'a selected byte, name, mode or link changes the key',
  fc.asyncProperty(entriesIn('sel'), change, async (entries, { change }) => {
    const [before, now] = [
      [...keep, ...entries],
      [...keep, ...change(entries)],
    ]
    const same = (await treeText(before)) === (await treeText(now))
    // A name below a name that became a file is left out: then nothing may have changed.
    expect((await keyOf(before, '')) === (await keyOf(now, ''))).toBe(same)
  }),
  { share: 0.05, few: 60 },
)

/** What the folder that is selected holds, without any digest of ours. */
async function treeText(entries: readonly Entry[]): Promise<string> {
  const lines: string[] = []
  const visit = async (dir: Snapshot, prefix: string): Promise<void> => {
    for (const [name, inode] of [...dir.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const bytes = inode.type === 'file' ? await bytesOf(inode.content.stream()) : inode.type === 'symlink' ? inode.target : ''
      lines.push(JSON.stringify([prefix + name, inode.type, inode.mode, bytes]))
      if (inode.type === 'dir') await visit(inode, `${prefix}${name}/`)
    }
  }
  await visit(contextOf(entries, '', 0n), '')
  return lines.join('\n')
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += [...chunk].join(' ')
  return text
}

fuzz(
  'what is not selected, left out by --exclude, or ignored does not; nor does a time, nor a mode that --chmod decides',
  fc.asyncProperty(
    entriesIn('sel'),
    fc.tuple(entriesIn('other'), entriesIn('ignored'), entriesIn('sel', '.skip'), entriesIn('sel', '.tmp')),
    fc.tuple(change, change, change, change),
    async (selected, left, changes) => {
      const base = [...keep, ...selected]
      const before = [...base, ...left.flat()]
      const now = [...base, ...left.flatMap((entries, i) => changes[i]!.change(entries))]
      const key = await keyOf(before, '')
      expect(await keyOf(now, '', 1_700_000_000_000_000_000n)).toBe(key)
      expect(await keyOf(base, '')).toBe(key)
      const modes = base.map((entry) => ({ ...entry, mode: entry.mode ^ 0o11 }))
      expect(await keyOf(modes, '--chmod=640')).toBe(await keyOf(base, '--chmod=640'))
    },
  ),
  { share: 0.05, few: 60 },
)
