import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { MemoryRegistry } from './registry.js'

/** A registry on this machine's loopback interface. */
export interface ServedRegistry {
  /** `127.0.0.1:PORT`, as references name it. */
  readonly host: string
  close(): Promise<void>
}

/**
 * Serves a memory registry on loopback for programs that bring their own HTTP. A fault that breaks a connection breaks it here too.
 * The registry must have been made without a token server, or with one of its own (`tokenOrigin`).
 */
export async function serveRegistry(registry: MemoryRegistry): Promise<ServedRegistry> {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      try {
        const headers = new Headers()
        for (const [name, value] of Object.entries(incoming.headers)) {
          if (typeof value === 'string' && name !== 'host' && name !== 'connection') headers.set(name, value)
        }
        const chunks: Uint8Array[] = []
        for await (const chunk of incoming) chunks.push(chunk)
        const method = incoming.method ?? 'GET'
        const hasBody = method !== 'GET' && method !== 'HEAD'
        const response = await registry.fetch(`http://${registry.host}${incoming.url}`, {
          method,
          headers,
          redirect: 'manual',
          ...(hasBody ? { body: Buffer.concat(chunks) } : {}),
        })
        outgoing.writeHead(response.status, Object.fromEntries(response.headers))
        if (response.body && method !== 'HEAD') {
          const body = Readable.from(response.body)
          body.once('error', () => outgoing.destroy())
          outgoing.once('close', () => body.destroy())
          body.pipe(outgoing)
        } else outgoing.end()
      } catch {
        incoming.destroy()
        outgoing.destroy()
      }
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
