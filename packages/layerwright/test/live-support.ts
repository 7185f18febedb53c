/** Containers that run: a store with an image of busybox, and programs that are started and not waited for. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeImage, tagImage } from '@layerwright/image'
import { storeLayer } from '@layerwright/layer'
import { openStore } from '@layerwright/store/node'
import { createOverlay, emptySnapshot, memoryContent } from '@layerwright/vfs'
import { afterAll } from 'vitest'
import { cli, repository } from './support.js'

const APPLETS = 'sh cat echo sleep httpd kill ls true tty mkdir wc wget'

/** Puts the image `box` into a new store in `folder`; gives the store's folder. */
export async function storeWithBox(folder: string, busybox: string): Promise<string> {
  const dir = join(folder, 'store')
  const store = await openStore(dir)
  const fs = createOverlay(emptySnapshot(), { now: () => 1_600_000_000_000_000_000n })
  for (const path of ['/bin', '/etc', '/tmp', '/www']) fs.mkdir(path)
  fs.writeFile('/bin/busybox', memoryContent(readFileSync(busybox)), { mode: 0o755 })
  for (const name of APPLETS.split(' ')) fs.symlink('busybox', `/bin/${name}`)
  fs.writeFile('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n')
  fs.writeFile('/www/index.html', 'served\n')
  const layer = await storeLayer(store, fs.changes())
  const config = { os: 'linux', architecture: 'amd64', config: { Env: ['PATH=/bin'], Cmd: ['sh'] } }
  await tagImage(store, 'box', await makeImage({ config, layers: [layer] }))
  return dir
}

export interface Started {
  readonly process: ChildProcess
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>
  text(): string
  /** Waits until standard output has this in it. */
  seen(text: string): Promise<void>
}

/** Starts the command line without waiting for it; what is left is killed after the tests of a file. */
export function starter(store: string, environment: Readonly<Record<string, string>> = {}) {
  const all: ChildProcess[] = []
  afterAll(() => {
    for (const child of all) child.kill('SIGKILL')
  })
  return (args: readonly string[], input?: 'keep'): Started => {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: repository,
      env: { ...process.env, NO_COLOR: '1', LAYERWRIGHT_STORE: store, ...environment },
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    })
    all.push(child)
    let text = ''
    let complaints = ''
    const listeners = new Set<() => void>()
    const tell = () => {
      for (const listener of listeners) listener()
    }
    child.stdout?.on('data', (bytes: Buffer) => {
      text += bytes.toString()
      tell()
    })
    child.stderr?.on('data', (bytes: Buffer) => {
      complaints += bytes.toString()
    })
    const ended = new Promise<number | string | null>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
    const seen = (wanted: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => text.includes(wanted) && resolve()
        listeners.add(look)
        look()
        void ended.then((code) => reject(new Error(`ended with ${code} before it said ${wanted}: ${text}${complaints}`)))
      })
    return { process: child, ended, text: () => text, seen }
  }
}
