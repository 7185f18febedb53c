import type { ContainerEngine, EngineOptions } from '@layerwright/container'
import { openEngine } from '@layerwright/container'
import { simulatedShell } from '@layerwright/executor/shell'
import { type ImageConfig, makeImage, tagImage } from '@layerwright/image'
import { storeLayer } from '@layerwright/layer'
import { type MaintainedStore, memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot, type FileSystem, memoryContent, type Overlay } from '@layerwright/vfs'

/** A program as far as the simulated shell looks at one. */
const PROGRAM = memoryContent(new Uint8Array([0x7f, 0x45, 0x4c, 0x46]))

/** Time of everything in the image: long ago, so that every write shows. */
export const IMAGE_TIME = 1_600_000_000n * 1_000_000_000n

function system(fs: Overlay): void {
  for (const dir of ['/bin', '/etc', '/srv', '/tmp', '/data', '/data/nest']) fs.mkdir(dir)
  fs.writeFile('/bin/busybox', PROGRAM, { mode: 0o755 })
  for (const name of ['sh', 'cat', 'echo', 'true', 'false', 'pwd', 'mkdir']) fs.symlink('busybox', `/bin/${name}`)
  fs.writeFile('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n')
  fs.writeFile('/etc/group', 'root:x:0:\napp:x:1000:\n')
  fs.writeFile('/srv/plain.txt', 'plain\n')
  fs.writeFile('/srv/hard-a', 'linked\n')
  fs.link('/srv/hard-a', '/srv/hard-b')
  fs.symlink('/data', '/srv/to-data')
  fs.writeFile('/data/a.txt', 'A\n')
  fs.writeFile('/data/nest/b.txt', 'B\n')
  fs.chown('/data', 1000, 50)
  fs.chmod('/data', 0o750)
}

/** Puts an image into a store; `more` adds to its tree. */
export async function putImage(
  store: MaintainedStore,
  name: string,
  config: ImageConfig['config'] = {},
  more: (fs: Overlay) => void = () => {},
): Promise<void> {
  const fs = createOverlay(emptySnapshot(), { now: () => IMAGE_TIME })
  system(fs)
  more(fs)
  const layer = await storeLayer(store, fs.changes())
  await tagImage(
    store,
    name,
    makeImage({
      config: { os: 'linux', architecture: 'amd64', config: { Env: ['PATH=/bin'], Cmd: ['true'], ...config } },
      layers: [layer],
    }),
  )
}

export interface Fixture {
  readonly store: MaintainedStore
  readonly engine: ContainerEngine
  /** Another engine over the same store, as another process would have. */
  another(): ContainerEngine
}

/** An engine over a store that has the image `app`. */
export async function fixture(options: Partial<EngineOptions> = {}, config: ImageConfig['config'] = {}): Promise<Fixture> {
  const store = memoryStore()
  await putImage(store, 'app', config)
  const another = (): ContainerEngine => openEngine({ store, executor: async () => simulatedShell(), ...options })
  return { store, engine: another(), another }
}

/** The code of what a promise is rejected with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : `untyped: ${String(error)}`
  }
  return 'no error'
}

export const textOf = async (fs: FileSystem, path: string): Promise<string> => new TextDecoder().decode(await fs.readFile(path))

/** Gathers standard output. */
export function output(): { readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void; text(): string } {
  let text = ''
  return {
    onOutput: (stream, bytes) => {
      if (stream === 'stdout') text += new TextDecoder().decode(bytes)
    },
    text: () => text,
  }
}
