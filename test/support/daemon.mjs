// @ts-check
/** Programs that tests start and ask: each with folders and a socket of its own, stopped by who started it. */
import { spawn } from 'node:child_process'
import { request } from 'node:http'
import { join } from 'node:path'

/**
 * Starts a daemon and waits until it answers, two minutes at most.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {() => Promise<unknown>} ask
 * @returns {Promise<() => Promise<void>>} stops it
 */
export async function startDaemon(program, args, ask) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-2000)
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  for (let attempt = 0; ; attempt++) {
    try {
      await ask()
      return stop
    } catch (error) {
      if (attempt === 600 || child.exitCode !== null) {
        await stop()
        throw new Error(`${program} does not answer: ${said}`, { cause: error })
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

/**
 * A Docker engine without a bridge and without iptables, so that it starts on any machine.
 * @param {string} dockerd
 * @param {string} folder there is nothing else in it
 * @returns {Promise<{ socketPath: string, host: string, stop: () => Promise<void> }>} `host` as DOCKER_HOST takes it
 */
export async function startDockerEngine(dockerd, folder) {
  const socketPath = join(folder, 'docker.sock')
  const host = `unix://${socketPath}`
  const stop = await startDaemon(
    dockerd,
    [
      ...['--iptables=false', '--bridge=none', '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      ...['--pidfile', join(folder, 'pid'), '-H', host],
    ],
    () => ping(socketPath),
  )
  return { socketPath, host, stop }
}

/** @param {string} socketPath @returns {Promise<void>} */
const ping = (socketPath) =>
  new Promise((resolve, reject) => {
    request({ socketPath, path: '/_ping' }, (response) => {
      response.resume()
      if (response.statusCode === 200) resolve()
      else reject(new Error(`the engine answers ${response.statusCode}`))
    })
      .once('error', reject)
      .end()
  })
