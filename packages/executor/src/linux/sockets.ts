/**
 * THE GATE to sockets: a command's way to a socket of this machine that the caller named, and to no other. It gets a socket of its own, with
 * the mode and the owner that were asked for, and bytes are passed on; nothing is read of them. The socket lies in the run's folder and is
 * gone with it.
 */
import { chmodSync, closeSync, constants, lchownSync, openSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface PassedSocket {
  /** In the run's folder. */
  readonly name: string
  /** Path of the machine's own. */
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** Opens them in `folder`; close what is given back when the command has ended. */
export async function passSockets(folder: string, sockets: readonly PassedSocket[]): Promise<() => void> {
  if (sockets.length === 0) return () => undefined
  const servers: Server[] = []
  const open = new Set<Socket>()
  const directory = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  const close = () => {
    for (const socket of open) socket.destroy()
    // Node removes the socket by the path that it was made by: until then the directory has to stay open.
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
    void Promise.all(closed).then(() => closeSync(directory))
  }
  try {
    for (const { name, path, mode, uid, gid } of sockets) {
      const server = createServer((client) => {
        const agent = connect(path)
        for (const [one, other] of [
          [client, agent],
          [agent, client],
        ] as const) {
          open.add(one)
          // Either side may go at any time; the other one learns of it by the end of its stream.
          one.on('error', () => other.destroy())
          one.on('close', () => {
            open.delete(one)
            other.destroy()
          })
          one.pipe(other)
        }
      })
      servers.push(server)
      // The path of a socket has 107 bytes at most: through the open directory it is short, wherever the folder lies.
      const place = `/proc/self/fd/${directory}/${name}`
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(place, resolve))
      chmodSync(place, mode)
      if (process.geteuid?.() === 0) lchownSync(place, uid, gid)
    }
    return close
  } catch (error) {
    close()
    throw error
  }
}
