// @ts-check
/** Ports for programs that must be told theirs. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below what the kernel gives to connections that choose no port: nobody else's connection takes it before the program does. */
const FIRST = 15_000
const LAST = 32_000

/** @returns {Promise<number>} a port of the loopback address that nobody listens on */
export async function freePort() {
  for (;;) {
    const port = randomInt(FIRST, LAST)
    const server = createServer()
    const free = await new Promise((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (free) return port
  }
}
