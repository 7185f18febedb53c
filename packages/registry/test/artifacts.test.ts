/** Artifacts of several writers in one repository: over the memory registry, and over Debian's docker-registry on loopback. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '@layerwright/digest'
import { canonicalJson, MEDIA } from '@layerwright/image'
import { openRegistry, RegistryError, registryArtifacts } from '@layerwright/registry'
import { memoryRegistry } from '@layerwright/registry/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/ports.mjs'
import { requireTool } from '../../../test/support/tools.js'

const program = requireTool('docker-registry')
const base = mkdtempSync(join(tmpdir(), 'layerwright-artifacts-'))
const running: ChildProcess[] = []
afterAll(async () => {
  for (const child of running) {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  rmSync(base, { recursive: true, force: true })
})

const encoder = new TextEncoder()
const content = (bytes: Uint8Array) => ({
  size: bytes.length,
  async *stream(start?: number, end?: number) {
    yield bytes.slice(start, end)
  },
})
const described = (text: string) => ({ mediaType: 'text/plain', digest: sha256(text), size: encoder.encode(text).length })
/** A manifest over a blob that all have, and one of its own. */
const manifestOf = (own: string) =>
  canonicalJson({ schemaVersion: 2, mediaType: MEDIA.manifest, config: described('shared'), layers: [described(own)] })
type Artifacts = ReturnType<typeof registryArtifacts>

async function put(artifacts: Artifacts, name: string): Promise<void> {
  await Promise.all(['shared', name].map((text) => artifacts.putBlob(described(text), content(encoder.encode(text)))))
  await artifacts.putManifest(name, manifestOf(name), MEDIA.manifest)
}

async function expectAll(artifacts: Artifacts, names: readonly string[]): Promise<void> {
  const tags: string[] = []
  for await (const tag of artifacts.tags()) tags.push(tag)
  expect(tags.sort()).toEqual([...names].sort())
  for (const name of names) {
    expect(await artifacts.manifest(name)).toEqual(manifestOf(name))
    let text = ''
    for await (const chunk of artifacts.blob(described(name)).stream()) text += new TextDecoder().decode(chunk)
    expect(text).toBe(name)
  }
  expect(await artifacts.manifest('absent')).toBeUndefined()
}

async function startRegistry(): Promise<string> {
  const port = await freePort()
  const file = join(base, 'registry.yml')
  writeFileSync(
    file,
    `version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: ${join(base, 'data')}\nhttp:\n  addr: 127.0.0.1:${port}\n`,
  )
  running.push(spawn(program!, ['serve', file], { stdio: 'ignore', env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' } }))
  for (let i = 0; ; i++) {
    const answers = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      () => true,
      () => false,
    )
    if (answers) return `127.0.0.1:${port}`
    if (i > 1200) throw new Error('docker-registry does not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Several writers, each with connections of its own; some write the same. */
async function writeAtOnce(open: () => Artifacts): Promise<string[]> {
  const names = Array.from({ length: 12 }, (_, i) => `artifact-${i}`)
  const writers = Array.from({ length: 6 }, (_, writer) => {
    const artifacts = open()
    return Promise.all(names.filter((_, i) => i % 6 === writer || i % 3 === writer % 3).map((name) => put(artifacts, name)))
  })
  await Promise.all(writers)
  return names
}

describe('artifacts of several writers at once', () => {
  it('are all there, whole, in a memory registry', async () => {
    const registry = memoryRegistry()
    const open = () => registryArtifacts(`${registry.host}/team/artifacts`, openRegistry({ fetch: registry.fetch }))
    await expectAll(open(), await writeAtOnce(open))
  })
  it('are all there, whole, in docker-registry', async ({ skip }) => {
    if (!program) skip()
    const host = await startRegistry()
    const open = () => registryArtifacts(`${host}/team/artifacts`, openRegistry())
    expect(open().name).toBe(`${host}/team/artifacts`)
    await expectAll(open(), await writeAtOnce(open))
  })
})

describe('a registry that does not see a blob for a moment', () => {
  /** A client whose registry fails so often before it works. */
  function failing(times: number, error: () => RegistryError) {
    const registry = memoryRegistry()
    const client = openRegistry({ fetch: registry.fetch })
    let left = times
    return registryArtifacts(`${registry.host}/x`, {
      ...client,
      repository(reference) {
        const repository = client.repository(reference)
        return {
          ...repository,
          manifests: {
            ...repository.manifests,
            put(...args) {
              if (left-- > 0) return Promise.reject(error())
              return repository.manifests.put(...args)
            },
          },
        }
      },
    })
  }
  const unseen = () => new RegistryError('REJECTED', 'x', 'blob unknown to registry', { details: ['MANIFEST_BLOB_UNKNOWN'] })
  it('is asked again', async () => {
    const artifacts = failing(2, unseen)
    await put(artifacts, 'a')
    expect(await artifacts.manifest('a')).toEqual(manifestOf('a'))
  })
  it('is not asked for ever, and not for what will not pass', async () => {
    await expect(put(failing(100, unseen), 'a')).rejects.toMatchObject({ code: 'REJECTED' })
    let asked = 0
    const denied = failing(100, () => {
      asked++
      return new RegistryError('DENIED', 'x', 'no')
    })
    await expect(put(denied, 'a')).rejects.toMatchObject({ code: 'DENIED' })
    expect(asked).toBe(1)
  })
})
