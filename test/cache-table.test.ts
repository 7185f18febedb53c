/**
 * `docs/cache.md` shows, for each edit of a project, which steps run again under each strength, and under BuildKit as it was recorded. This test builds
 * them all and compares; `UPDATE_DOCS=1` writes the table.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildResult, build, imageContext, memoryContext, snapshotContext } from '@layerwright/build'
import { simulatedShell } from '@layerwright/executor/shell'
import { memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { beforeAll, describe, expect, it } from 'vitest'
import { BASE_LINKS, EDITS, type Project, project, SAME_SIZE, STEPS, stepNamed } from './checks/cache/edits.mjs'
import { root } from './support/repository.js'

const STRENGTHS = ['definition', 'content', 'traced'] as const
const document = join(root, 'docs/cache.md')
const recorded: { readonly engine: string; readonly edits: Record<string, Record<string, 'hit' | 'run'>> } = JSON.parse(
  readFileSync(join(root, 'test/data/cache/buildkit.json'), 'utf8'),
)

/** What a step did: `hit`, `run`, or nothing where the edited file has no such step. */
type Cell = Readonly<Partial<Record<(typeof STRENGTHS)[number] | 'buildkit', 'hit' | 'run'>>>
const table = new Map<string, Map<string, Cell>>()
const stale: string[] = []

function baseOf(kind: Project['base']) {
  const files: Record<string, string | { content: string; mode: number }> = kind === 'changed' ? { 'rootfs/more': 'more\n' } : {}
  for (const name of ['busybox', ...BASE_LINKS]) files[`rootfs/bin/${name}`] = { content: '\x7fELF stub', mode: 0o755 }
  const Dockerfile = `FROM scratch\nCOPY rootfs/ /\nENV PATH=/bin\nLABEL made=${kind}\n`
  return build({ context: memoryContext({ ...files, Dockerfile }), store: memoryStore() })
}

function contextOf(at: Project) {
  const overlay = createOverlay(emptySnapshot(), { now: () => BigInt(at.seconds) * 1_000_000_000n })
  overlay.writeFile('/Dockerfile', at.dockerfile)
  overlay.writeFile('/.dockerignore', at.dockerignore)
  for (const [path, file] of Object.entries(at.files)) {
    if (path.includes('/')) overlay.mkdir(`/${path.slice(0, path.lastIndexOf('/'))}`, { recursive: true })
    if ('link' in file) overlay.symlink(file.link, `/${path}`)
    else {
      overlay.writeFile(`/${path}`, file.content)
      overlay.chmod(`/${path}`, file.mode ?? 0o644)
    }
  }
  return snapshotContext(overlay.freeze())
}

const bases = new Map<string, ReturnType<typeof imageContext>>()

const run = (at: Project, strength: (typeof STRENGTHS)[number], store = memoryStore()): Promise<BuildResult> =>
  build({
    context: { ...contextOf(at), id: 'project' },
    store,
    contexts: new Map([['base', bases.get(at.base)!]]),
    executor: simulatedShell(),
    buildArgs: new Map(Object.entries(at.args)),
    secrets: new Map([['token', new TextEncoder().encode(at.secret)]]),
    cache: { strength },
  })

beforeAll(async () => {
  for (const kind of ['first', 'rebuilt', 'changed'] as const) bases.set(kind, imageContext((await baseOf(kind)).image))
  for (const [name, edit] of EDITS) {
    const row = new Map<string, Record<string, 'hit' | 'run'>>()
    const edited = edit(project)
    for (const strength of STRENGTHS) {
      const store = memoryStore()
      await run(project, strength, store)
      const result = await run(edited, strength, store)
      const clean = await run(edited, 'content')
      if (result.image.digest !== clean.image.digest) stale.push(`${name}: ${strength}`)
      for (const { instruction, outcome } of result.steps) {
        const step = stepNamed(instruction)
        if (step) row.set(step, { ...row.get(step), [strength]: outcome === 'cached' ? 'hit' : 'run' })
      }
    }
    for (const [step, outcome] of Object.entries(recorded.edits[name] ?? {})) row.set(step, { ...row.get(step), buildkit: outcome })
    table.set(name, row)
  }
})

describe('the cache, edit by edit', () => {
  it('has no stale hit: each build gives what a clean build gives', () => {
    expect(table.size).toBeGreaterThanOrEqual(30)
    expect(stale).toEqual([])
  })

  it('was recorded for every edit and every step', () => {
    const missing = EDITS.flatMap(([name]) => STEPS.flatMap(([step]) => (table.get(name)?.get(step)?.buildkit ? [] : [`${name}: ${step}`])))
    expect(missing).toEqual([])
  })

  it('never misses where BuildKit hits', () => {
    const lost = [...table].flatMap(([name, row]) =>
      // Its hits there are stale.
      name === SAME_SIZE
        ? []
        : [...row].flatMap(([step, cell]) =>
            cell.buildkit === 'hit' && (cell.content === 'run' || cell.traced === 'run') ? [`${name}: ${step}`] : [],
          ),
    )
    expect(lost).toEqual([])
  })

  it('is what docs/cache.md says', () => {
    const text = readFileSync(document, 'utf8')
    const [before = '', rest = ''] = text.split('<!-- table -->\n')
    const after = rest.split('<!-- /table -->')[1] ?? ''
    const made = `${before}<!-- table -->\n${markdown()}<!-- /table -->${after}`
    if (process.env.UPDATE_DOCS) writeFileSync(document, made)
    else expect(text).toBe(made)
  })
})

/** One letter for each that runs the step again; a dot where all find it. */
function markdown(): string {
  const letters = { definition: 'D', content: 'C', traced: 'T', buildkit: 'B' } as const
  const cell = (one: Cell = {}) =>
    Object.entries(letters)
      .map(([who, letter]) => (one[who as keyof typeof letters] === 'run' ? letter : ''))
      .join('') || '·'
  const head = ['edit', ...STEPS.map(([step]) => step)]
  const rows = [...table].map(([name, row]) => [name, ...STEPS.map(([step]) => cell(row.get(step)))])
  const counts = Object.entries(letters).map(([who, letter]) => {
    const cells = [...table.values()].flatMap((row) => [...row.values()])
    return `${letter} ${cells.filter((one) => one[who as keyof typeof letters] === 'run').length} of ${cells.length}`
  })
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}\nSteps that ran: ${counts.join(', ')}. B: ${recorded.engine}.\n`
}
