import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, imageContext, type MemoryFile, memoryContext, tarContext } from '@layerwright/build'
import { memoryStore } from '@layerwright/store'
import { memoryContent } from '@layerwright/vfs'
import { afterAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { buildFiles, pathsOf, textOf } from './support.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-inputs-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A tar of these files, by the system's tar; `flag` compresses it. */
function tarOf(name: string, files: Record<string, string>, flag = ''): Uint8Array {
  const folder = join(scratch, name)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const archive = join(scratch, `${name}.tar`)
  execFileSync('tar', [`-c${flag}f`, archive, '-C', folder, '.'])
  return new Uint8Array(readFileSync(archive))
}

describe('a tar as context', () => {
  it('has its files, an ignore file among them', async () => {
    const archive = tarOf('context', {
      Dockerfile: 'FROM scratch\nCOPY . /\n',
      'dir/a.txt': 'a',
      skipped: '',
      '.dockerignore': 'skipped\nDockerfile\n',
    })
    const result = await build({ context: await tarContext(memoryContent(archive)), store: memoryStore() })
    expect(pathsOf(result)).toEqual(['.dockerignore', 'dir', 'dir/a.txt'])
  })

  it('is refused where it is none', async () => {
    await expect(tarContext(memoryContent(new Uint8Array(2000).fill(7)))).rejects.toMatchObject({ code: 'TAR_HEADER_INVALID' })
  })
})

describe('ADD of a local archive', () => {
  const compressed = [
    ['gzip', 'z'],
    ['bzip2', 'j'],
    ['xz', 'J'],
  ].filter(([program = '']) => requireTool(program))
  it.each([['plain', ''], ...compressed])('unpacks %s by its content, not by its name', async (kind = '', flag) => {
    const archive: MemoryFile = { content: tarOf(`add-${kind}`, { 'bin/tool': kind }, flag) }
    const result = await build({
      context: memoryContext(
        new Map<string, string | MemoryFile>([
          ['Dockerfile', 'FROM scratch\nADD data /opt/\n'],
          ['data', archive],
        ]),
      ),
      store: memoryStore(),
    })
    expect(await textOf(result, '/opt/bin/tool')).toBe(kind)
  })
})

describe('another build’s result', () => {
  it('is a base, and a place to copy from', async () => {
    const store = memoryStore()
    const first = await buildFiles({ Dockerfile: 'FROM scratch\nENV A=1\nCOPY a /\n', a: 'from the first' }, { store })
    const contexts = new Map([['first', imageContext(first.image)]])
    const second = await buildFiles({ Dockerfile: 'FROM first\nCOPY --from=first /a /b\n' }, { store, contexts })
    expect(await textOf(second, '/b')).toBe('from the first')
    expect(second.image.config.config?.Env).toContain('A=1')
    expect(second.image.config.rootfs.diff_ids[0]).toBe(first.image.config.rootfs.diff_ids[0])
  })

  it('is picked by its platform where there are several', async () => {
    const store = memoryStore()
    const platforms = ['linux/amd64', 'linux/arm64']
    const first = await buildFiles({ Dockerfile: 'FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH\n' }, { store, platforms })
    const contexts = new Map([['first', imageContext(...first.images.map(({ image }) => image))]])
    const second = await buildFiles({ Dockerfile: 'FROM first\n' }, { store, contexts, platforms })
    expect(second.images.map(({ image }) => image.config.config?.Labels)).toEqual([{ arch: 'amd64' }, { arch: 'arm64' }])
  })
})

describe('a layer', () => {
  it('leaves out what is only written again', async () => {
    const result = await buildFiles({
      Dockerfile: 'FROM scratch\nCOPY package.json /app/\nCOPY . /app/\n',
      'package.json': '{}',
      'src/main.js': '1',
      '.dockerignore': 'Dockerfile\n.dockerignore\n',
    })
    expect(result.steps.map(({ layer }) => layer?.entries)).toEqual([2, 3])
    expect(pathsOf(result)).toEqual(['app', 'app/package.json', 'app/src', 'app/src/main.js'])
    const changed = await buildFiles({
      Dockerfile: 'FROM scratch\nCOPY package.json /app/\nCOPY --chmod=600 package.json /app/\n',
      'package.json': '{}',
    })
    expect(changed.steps.map(({ layer }) => layer?.entries)).toEqual([2, 2])
  })
})
