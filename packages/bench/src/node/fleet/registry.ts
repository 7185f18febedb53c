import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { WorkloadFailedError } from '../errors.js'

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** Starts Docker's registry on loopback, with its files in a folder. @throws WorkloadFailedError where it is not installed or does not start */
export async function startRegistry(dir: string): Promise<{ readonly host: string; close(): Promise<void> }> {
  const port = await freePort()
  const config = join(dir, 'registry.yml')
  writeFileSync(
    config,
    `version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: ${join(dir, 'registry')}\nhttp:\n  addr: 127.0.0.1:${port}\n`,
  )
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore', env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' } })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  for (let i = 0; ; i++) {
    const answers = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      () => true,
      () => false,
    )
    if (answers) break
    if (i > 200 || child.exitCode !== null || child.pid === undefined)
      throw new WorkloadFailedError('docker-registry', 'it does not start; is it installed (Debian: docker-registry)?')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    host: `127.0.0.1:${port}`,
    async close() {
      child.kill()
      await ended
    },
  }
}
