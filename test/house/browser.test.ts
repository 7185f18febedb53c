/** The portable entries, bundled for a browser, run in a real one and give what they give in Node. Needs a finished build (`npm run build`). */
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type BuildOptions, build as bundle } from 'esbuild'
import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { portableEntries } from '../support/portable.js'
import { packages, root } from '../support/repository.js'
import { requireTool } from '../support/tools.js'
import { scenario } from './browser/scenario.js'

/** Optional peers that a user adds by choice; they are loaded on first use. */
const PEERS = [...new Set(packages.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {})))]

/** One module without imports, or an error that names what cannot run in a browser. */
async function forBrowser(entry: BuildOptions): Promise<string> {
  const { outputFiles, metafile } = await bundle({
    ...entry,
    absWorkingDir: root,
    bundle: true,
    write: false,
    outdir: join(root, 'dist'),
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    external: PEERS,
    logLevel: 'silent',
  })
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  )
  expect(outside.filter((path) => !PEERS.includes(path))).toEqual([])
  return outputFiles[0]!.text
}

const bundleOf = (name: string) => forBrowser({ stdin: { contents: `export * from '${name}'`, resolveDir: root } })

describe('the portable entries', () => {
  it.each(portableEntries)('$name is bundled for the browser', async ({ name, one }) => {
    expect(existsSync(join(one.folder, 'dist/index.js')), 'build first: npm run build').toBe(true)
    await bundleOf(name)
  })

  it('are told from those that need Node', async () => {
    await expect(bundleOf('@layerwright/store/node')).rejects.toThrow(/Could not resolve "node:/)
  })
})

const executablePath = requireTool('chromium')

describe.skipIf(!executablePath)('in Chromium', () => {
  it('every portable entry loads, and hashing, parsing and building give what they give in Node', async () => {
    const modules = new Map<string, string>()
    for (const { name } of portableEntries) modules.set(`/${name}.js`, await bundleOf(name))
    modules.set('/scenario.js', await forBrowser({ entryPoints: [join(root, 'test/house/browser/scenario.ts')] }))

    const server = createServer(({ url }, response) => {
      const code = modules.get(url ?? '')
      response.writeHead(url === '/' || code !== undefined ? 200 : 404, {
        'content-type': code === undefined ? 'text/html' : 'text/javascript',
      })
      response.end(code ?? '<!doctype html><title>Layerwright</title><link rel="icon" href="data:,">')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // the sandbox of Chromium does not start for root, which is what CI runs as
    const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage()
      const faults: string[] = []
      page.on('pageerror', (error) => faults.push(error.message))
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      // as text, because the test runner rewrites import()
      for (const path of modules.keys()) {
        const names = await page.evaluate<string[]>(`import('${path}').then(Object.keys)`)
        if (path !== '/scenario.js') expect(names.length, path).toBeGreaterThan(0)
      }
      const there = await page.evaluate<Awaited<ReturnType<typeof scenario>>>(`import('/scenario.js').then(({ scenario }) => scenario())`)
      expect(faults).toEqual([])
      expect(there).toEqual(await scenario())
      expect(there.empty).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
      expect(there.streamed).toBe(there.whole)
      expect(there.diffIds).toHaveLength(2)
    } finally {
      await browser.close()
      server.close()
    }
  })
})
