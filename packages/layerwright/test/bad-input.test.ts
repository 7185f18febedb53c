/** What a build is given can be wrong in many ways: each has a code, exit status 1, and leaves nothing in the store. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { leaveOut } from '../../../test/support/tools.js'
import { commandLine, listing, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
let count = 0

/** A context and an untouched store. */
function setUp(files: Record<string, string>) {
  const folder = join(scratch, String(++count))
  const context = join(folder, 'context')
  const store = join(folder, 'store')
  mkdirSync(context, { recursive: true })
  writeFiles(context, files)
  return { folder, context, store, layerwright: commandLine(store) }
}

const blobsOf = (store: string) => listing(store).filter((file) => file.includes('blobs'))

describe('bad input', () => {
  it.each([
    ['no Dockerfile', {}, [], 'DOCKERFILE_NOT_FOUND', 'open Dockerfile: no such file'],
    ['an empty Dockerfile', { Dockerfile: '' }, [], 'EMPTY_DOCKERFILE', 'cannot be empty'],
    ['an unknown instruction', { Dockerfile: 'FROM scratch\nCOPPY a /\n' }, [], 'UNKNOWN_INSTRUCTION', 'did you mean COPY'],
    ['COPY of a missing file', { Dockerfile: 'FROM scratch\nCOPY missing.txt /\n' }, [], 'SOURCE_NOT_FOUND', '"/missing.txt": not found'],
    [
      'COPY from a stage that comes later',
      { Dockerfile: 'FROM scratch AS a\nCOPY --from=b /x /\nFROM scratch AS b\n' },
      ['--target', 'a'],
      'STAGE_ORDER',
      '"b"',
    ],
    [
      'stages that need each other',
      { Dockerfile: 'FROM scratch AS a\nCOPY --from=b /x /\nFROM a AS b\nCOPY --from=a /x /\n' },
      [],
      'CYCLIC_STAGES',
      'circular',
    ],
    ['a stage that copies from itself', { Dockerfile: 'FROM scratch AS a\nCOPY --from=a /x /\n' }, [], 'CYCLIC_STAGES', 'stage: a'],
    ['a base that is not there', { Dockerfile: 'FROM nowhere.invalid/nowhere:1\n' }, [], 'BASE_UNAVAILABLE', 'nowhere:1'],
    ['a target that is not there', { Dockerfile: 'FROM scratch AS build\n' }, ['--target', 'biuld'], 'TARGET_NOT_FOUND', 'biuld'],
    ['an output of no known type', { Dockerfile: 'FROM scratch\n' }, ['-o', 'type=zip,dest=x'], 'USAGE', 'unknown type'],
    ['an address that is none', { Dockerfile: 'FROM scratch\n' }, ['--add-host', 'a:b'], 'USAGE', 'NAME:ADDRESS'],
    ['a limit that is none', { Dockerfile: 'FROM scratch\n' }, ['--ulimit', 'files=3'], 'USAGE', 'nofile'],
    ['a soft limit above the hard one', { Dockerfile: 'FROM scratch\n' }, ['--ulimit', 'nofile=3:2'], 'USAGE', 'above the hard one'],
    ['a size that is none', { Dockerfile: 'FROM scratch\n' }, ['--memory', 'much'], 'USAGE', '512m'],
    ['half a processor and more', { Dockerfile: 'FROM scratch\n' }, ['--cpus', 'half'], 'USAGE', '--cpus 1.5'],
    ['a privilege that is none', { Dockerfile: 'FROM scratch\n' }, ['--allow', 'everything'], 'USAGE', 'security.insecure'],
    ['an agent without an id', { Dockerfile: 'FROM scratch\n' }, ['--ssh', '=x'], 'USAGE', '--ssh default'],
    [
      'a privilege that was not allowed',
      { Dockerfile: 'FROM scratch\nRUN --network=host true\n' },
      [],
      'ENTITLEMENT_DENIED',
      '--allow network.host',
    ],
    [
      'memory in a simulated shell',
      { Dockerfile: 'FROM scratch\nRUN true\n' },
      ['--memory', '1g', '--executor', 'shell'],
      'RUN_OPTION_UNSUPPORTED',
      '--executor linux',
    ],
    ['a platform that is none', { Dockerfile: 'FROM scratch\n' }, ['--platform', 'a/b/c/d'], 'BAD_PLATFORM', 'a/b/c/d'],
  ])('%s', async (_, files, flags, code, message) => {
    const { context, store, layerwright } = setUp(files as Record<string, string>)
    const { status, stderr, stdout } = await layerwright(['build', ...flags, context])
    expect(stderr).toContain(`[${code}]`)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain(' at ') // no stack: it is the reader's fault, not ours
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(blobsOf(store)).toEqual([])
  })

  it('a file of the context that cannot be read', async () => {
    if (process.getuid?.() === 0) {
      const helper = execFileSync('sh', ['-c', 'command -v setpriv || true'], { encoding: 'utf8' }).trim()
      if (!helper) return leaveOut('an unreadable context file', 'root reads everything, and there is no setpriv')
    }
    const { context, layerwright, store, folder } = setUp({ Dockerfile: 'FROM scratch\nCOPY . /\n', secret: 'x' })
    chmodSync(join(context, 'secret'), 0)
    if (process.getuid?.() === 0) {
      chmodSync(scratch, 0o755)
      execFileSync('chown', ['-R', '65534:65534', folder])
      const { status, stderr } = await asNobody(['build', context], store)
      expect(stderr).toContain('EACCES')
      expect(stderr).toContain('secret')
      expect(status).toBe(1)
    } else {
      const { status, stderr } = await layerwright(['build', context])
      expect(stderr).toContain('EACCES')
      expect(status).toBe(1)
    }
    expect(blobsOf(store)).toEqual([])
  })

  it('a base archive that is truncated, or whose bytes are not what its digests say', async () => {
    const made = setUp({ Dockerfile: 'FROM scratch\nCOPY a.txt /\n', 'a.txt': 'hello '.repeat(1000) })
    const archive = join(made.folder, 'base.tar')
    expect((await made.layerwright(['build', '-o', `type=oci,dest=${archive}`, made.context])).status).toBe(0)
    const bytes = readFileSync(archive)

    const cut = setUp({ Dockerfile: 'FROM base\nCOPY . /\n' })
    writeFileSync(join(cut.folder, 'cut.tar'), bytes)
    truncateSync(join(cut.folder, 'cut.tar'), bytes.length / 2)
    const truncated = await cut.layerwright(['build', '--build-context', `base=oci-archive:${join(cut.folder, 'cut.tar')}`, cut.context])
    expect(truncated.stderr).toMatch(/\[(ARCHIVE_TRUNCATED|BASE_UNAVAILABLE)\]/)
    expect(truncated.status).toBe(1)
    expect(blobsOf(cut.store)).toEqual([])

    const bent = setUp({ Dockerfile: 'FROM base\nCOPY . /\n' })
    const at = bytes.indexOf('hello hello')
    bytes.write('HELLO', at)
    writeFileSync(join(bent.folder, 'bent.tar'), bytes)
    const mismatch = await bent.layerwright(['build', '--build-context', `base=oci-archive:${join(bent.folder, 'bent.tar')}`, bent.context])
    expect(mismatch.stderr).toMatch(/digest/i)
    expect(mismatch.status).toBe(1)
    expect(blobsOf(bent.store)).toEqual([])
  })

  it('a store folder that is something else, which stays as it is', async () => {
    const { context, store, layerwright } = setUp({ Dockerfile: 'FROM scratch\n' })
    writeFiles(store, { 'my thesis.txt': 'do not touch' })
    const { status, stderr } = await layerwright(['build', context])
    expect(stderr).toContain('STORE')
    expect(status).toBe(1)
    expect(listing(store).map((file) => file.slice(store.length + 1))).toEqual(['my thesis.txt'])
  })

  it('a disk that is full', async () => {
    const { context, store, layerwright } = setUp({ Dockerfile: 'FROM scratch\nCOPY big /\n', big: 'x'.repeat(3_000_000) })
    mkdirSync(store)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', store], { stdio: 'pipe' })
    } catch {
      return leaveOut('a full disk', 'mounting a tmpfs needs root')
    }
    try {
      const { status, stderr } = await layerwright(['build', context])
      expect(stderr).toContain('[STORE_FULL]')
      expect(status).toBe(1)
      expect(blobsOf(store)).toEqual([])
      expect(listing(store).filter((file) => file.includes(join(store, 'tmp')))).toEqual([])
    } finally {
      execFileSync('umount', ['-l', store])
    }
  })
})

/** The same command line without root's rights. */
async function asNobody(args: readonly string[], store: string) {
  const { cli } = await import('./support.js')
  try {
    const stdout = execFileSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, cli, ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, NO_COLOR: '1', LAYERWRIGHT_STORE: store, HOME: '/nonexistent' },
    })
    return { status: 0, stdout, stderr: '' }
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string }
    return { status, stdout: '', stderr }
  }
}
