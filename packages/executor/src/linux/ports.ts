/**
 * THE GATE to ports of this machine: looks which are free, and asks the helper of a network to lead one to a command. It listens for a moment on what the
 * caller named, answers nobody, and reads nothing but the helper's own answers.
 */
import { createSocket } from 'node:dgram'
import { closeSync, constants, openSync } from 'node:fs'
import { connect, createServer, isIPv6 } from 'node:net'
import { PortUnavailableError } from '../errors.js'
import type { PublishedPort } from '../types.js'

interface Held {
  readonly number: number
  release(): Promise<void>
}

/**
 * Looks whether these ports can be had, and finds free ones for those that have no number. All are held at once, so that none is given twice, and are free
 * again when this returns.
 * @throws PortUnavailableError for the first that cannot be had
 */
export async function choosePorts(wanted: readonly PublishedPort[]): Promise<PublishedPort[]> {
  const held: Held[] = []
  try {
    // Named ones first: no free one shall be one of theirs.
    const chosen = new Map<PublishedPort, PublishedPort>()
    for (const port of [...wanted].sort((a, b) => Number(a.hostPort === 0) - Number(b.hostPort === 0))) {
      const one = await hold(port)
      held.push(one)
      chosen.set(port, { ...port, hostPort: one.number })
    }
    return wanted.map((port) => chosen.get(port)!)
  } finally {
    await Promise.all(held.map((one) => one.release()))
  }
}

function hold(port: PublishedPort): Promise<Held> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(new PortUnavailableError(port, reasonOf(error), { cause: error }))
    const { address, hostPort, protocol } = port
    if (protocol === 'tcp') {
      const server = createServer().once('error', fail)
      server.listen({ port: hostPort, exclusive: true, ...(address === undefined ? {} : { host: address }) }, () => {
        const { port: number } = server.address() as { port: number }
        resolve({ number, release: () => new Promise((done) => server.close(() => done())) })
      })
      return
    }
    const socket = createSocket({ type: address !== undefined && isIPv6(address) ? 'udp6' : 'udp4' }).once('error', fail)
    socket.bind({ port: hostPort, exclusive: true, ...(address === undefined ? {} : { address }) }, () =>
      resolve({ number: socket.address().port, release: () => new Promise((done) => socket.close(() => done())) }),
    )
  })
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'something listens there already: stop it, or publish another port of this machine'
  if (code === 'EACCES') return 'this user may not have ports that low: publish one from 1024 on'
  if (code === 'EADDRNOTAVAIL') return 'this machine does not have that address'
  return message
}

/** The answer of slirp4netns to one request. */
interface Answer {
  readonly error?: { readonly desc?: string }
}

/**
 * Asks slirp4netns to lead a port to a command.
 * @param folder in which its socket lies
 * @returns why it cannot; undefined where it does
 */
export async function forwardPort(folder: string, socket: string, guest: string, port: PublishedPort): Promise<string | undefined> {
  const { protocol, address = '0.0.0.0', hostPort, port: number } = port
  if (isIPv6(address)) return `slirp4netns publishes no port on an address of IPv6 (${address})`
  const request = { proto: protocol, host_addr: address, host_port: hostPort, guest_addr: guest, guest_port: number }
  // The path of a socket has 107 bytes at most: through the open directory it is short, wherever the folder lies.
  const directory = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const client = connect(`/proc/self/fd/${directory}/${socket}`)
    client.end(JSON.stringify({ execute: 'add_hostfwd', arguments: request }))
    let text = ''
    for await (const bytes of client) text += String(bytes)
    const { error } = JSON.parse(text) as Answer
    return error ? (error.desc ?? text) : undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    closeSync(directory)
  }
}
