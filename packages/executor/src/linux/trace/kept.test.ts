/** Programs that are made and removed while a trace is read, which may be behind what it tells of. */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeptPrograms } from './kept.js'
import { CommandTrace, type TraceEnd } from './trace.js'
import { type Body, TreeNode } from './tree.js'

let upper = ''
beforeEach(() => {
  upper = mkdtempSync(join(tmpdir(), 'layerwright-kept-'))
  mkdirSync(join(upper, 'app'))
})
afterEach(() => rmSync(upper, { recursive: true, force: true }))

const body = (): Body => ({ inode: undefined, executed: true })
const write = (path: string, text: string) => writeFileSync(join(upper, path), text, { mode: 0o755 })
const remove = (path: string) => rmSync(join(upper, path), { recursive: true })

describe('what is held of programs', () => {
  let kept: KeptPrograms
  const textOf = (of: Body) => {
    const held = kept.of(of)
    return held && Buffer.from(held.read(0, 100)).toString()
  }
  beforeEach(() => {
    kept = new KeptPrograms(upper, (path) => path !== '/mount/p')
  })
  afterEach(() => kept.close())

  it('is there when they are gone', () => {
    const one = body()
    write('app/p', 'one')
    kept.hold('/app/p', one)
    remove('app/p')
    expect(textOf(one)).toBe('one')
  })
  it('is nothing of what was gone already, lies in a mount, or behind a link', () => {
    const [gone, mounted, linked] = [body(), body(), body()]
    kept.hold('/app/p', gone)
    mkdirSync(join(upper, 'mount'))
    write('mount/p', 'mounted')
    kept.hold('/mount/p', mounted)
    mkdirSync(join(upper, 'outside'))
    write('outside/p', 'outside')
    symlinkSync(join(upper, 'outside'), join(upper, 'app/link'))
    kept.hold('/app/link/p', linked)
    expect([gone, mounted, linked].map(textOf)).toEqual([undefined, undefined, undefined])
  })
  it('tells one name from the next under the same name', () => {
    const bodies = [body(), body(), body()]
    for (const [i, one] of bodies.entries()) {
      write('app/p', `program ${i}`)
      kept.hold('/app/p', one)
      remove('app/p')
    }
    expect(bodies.map(textOf)).toEqual(['program 0', 'program 1', 'program 2'])
  })
  it('is not believed where the trace was too far behind', () => {
    const [first, second] = [body(), body()]
    // The command has made the second one before the first is looked for.
    write('app/p', 'second')
    kept.hold('/app/p', first)
    kept.bound('/app/p', second)
    expect([textOf(first), textOf(second)]).toEqual([undefined, 'second'])
    // And here the second is gone, too.
    write('app/q', 'second')
    const [third, fourth] = [body(), body()]
    kept.hold('/app/q', third)
    remove('app/q')
    kept.bound('/app/q', fourth)
    expect([textOf(third), textOf(fourth)]).toEqual([undefined, undefined])
  })
  it('is not believed where a folder was moved', () => {
    const one = body()
    write('app/p', 'one')
    kept.hold('/app/p', one)
    renameSync(join(upper, 'app'), join(upper, 'moved'))
    kept.moved('/app')
    expect(textOf(one)).toBeUndefined()
  })
})

describe('a command that makes a program, runs it and removes it', () => {
  const INTERPRETER = '#!/bin/tool\n'
  const AT = 'AT_FDCWD</app>'
  const BEGIN = ['5 execve("/usr/bin/runc", ["runc"], 0x1) = 0', '7 execve("/bin/tool", ["/bin/tool"], 0x1) = 0']
  const RUN = ['7 execve("/app/made", ["made"], 0x1) = 0', `7 unlinkat(${AT}, "made", 0) = 0`]
  const MAKE = [
    [`7 openat(${AT}, "made", O_WRONLY|O_CREAT|O_TRUNC, 0777) = 3</app/made>`],
    [`7 openat(${AT}, "made", O_WRONLY|O_CREAT, 0666) = 3</app/made>`, '7 chmod("made", 0755) = 0'],
    [`7 openat(${AT}, "tmp", O_WRONLY|O_CREAT, 0755) = 3</app/tmp>`, `7 renameat(${AT}, "tmp", ${AT}, "made") = 0`],
    [`7 openat(${AT}, "made", O_WRONLY|O_CREAT, 0666) = 3</app/made>`],
  ]

  /** @param happens what the command has done by the time that the first lines are read, and by the time that the rest is */
  async function trace(
    make: readonly string[],
    happens: readonly [() => void, () => void],
    superuser = true,
  ): Promise<TraceEnd & { told: string[] }> {
    const fs = createOverlay(emptySnapshot())
    for (const dir of ['/bin', '/app']) fs.mkdir(dir)
    fs.writeFile('/bin/tool', '#!/bin/loader\n', { mode: 0o755 })
    const loader = new Uint8Array(64)
    const view = new DataView(loader.buffer)
    loader.set([0x7f, 0x45, 0x4c, 0x46, 2, 1])
    view.setUint16(16, 2, true)
    view.setUint16(18, { x64: 62, arm64: 183, ppc64: 21, riscv64: 243, s390x: 22 }[process.arch as string] ?? 0, true)
    fs.writeFile('/bin/loader', loader, { mode: 0o755 })
    const told: string[] = []
    const kept = new KeptPrograms(upper, () => true)
    const command = { argv: ['/bin/tool'], path: '/bin', cwd: '/app', superuser, root: true }
    const reader = new CommandTrace(
      command,
      TreeNode.root(fs.freeze(), ''),
      (access) => void ('path' in access && told.push(`${access.kind} ${access.path}`)),
      kept,
    )
    const push = (lines: readonly string[]) => reader.push(new TextEncoder().encode(lines.map((line) => `${line}\n`).join('')))
    happens[0]()
    push([...BEGIN, ...make])
    happens[1]()
    push(RUN)
    try {
      return { ...(await reader.end(async () => undefined)), told }
    } finally {
      kept.close()
    }
  }
  const made = (name: string) => () => write(`app/${name}`, INTERPRETER)

  it.each(MAKE.slice(0, 3).map((lines) => ({ lines })))('is traced ($lines)', async ({ lines }) => {
    const place = lines[0]!.includes('"tmp"') ? 'tmp' : 'made'
    const { lost, told } = await trace(lines, [made(place), () => remove(`app/${place}`)])
    expect(lost).toBeUndefined()
    expect(told).toContain('read /bin/tool')
  })
  it('is traced where that is known to be a program only when it runs', async () => {
    const { lost } = await trace(MAKE[3]!, [made('made'), () => undefined])
    expect(lost).toBeUndefined()
  })
  it('is not where the program was gone already', async () => {
    const { lost } = await trace(MAKE[0]!, [() => undefined, () => undefined])
    expect(lost).toMatch(/removed it before it could be looked at/)
  })
  it('is not where the program gives rights, or may give them to other users', async () => {
    const setuid = () => {
      made('made')()
      chmodSync(join(upper, 'app/made'), 0o4755)
    }
    expect(await trace(MAKE[0]!, [setuid, () => undefined])).toMatchObject({ disturbed: true })
    expect((await trace(MAKE[0]!, [made('made'), () => undefined], false)).lost).toMatch(/as other users/)
  })
})
