// @ts-check
/** Starts programs, and the command line as a user starts it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export const root = fileURLToPath(new URL('../../../', import.meta.url))

const cli = join(root, 'packages/layerwright/dist/cli.js')

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string }} [options] `env` is added to our own
 * @returns {Promise<string>} what it printed on standard output
 * @throws Error with what it printed, where it fails
 */
export async function run(program, args, { env = {}, cwd = root } = {}) {
  try {
    const { stdout } = await execute(program, [...args], { cwd, env: { ...process.env, ...env }, maxBuffer: 1 << 26 })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '', message = '' } = /** @type {{ stdout?: string, stderr?: string, message?: string }} */ (error)
    throw new Error(`${program} ${args.join(' ')} failed: ${`${stdout}${stderr}`.trim().slice(-4000) || message}`, { cause: error })
  }
}

/**
 * How the command line is started on a store.
 * @param {string} store
 * @param {readonly string[]} args
 * @returns {[program: string, args: string[]]}
 */
export const commandLine = (store, args) => [process.execPath, [cli, '--store', store, ...args]]

/**
 * One run of the command line.
 * @param {string} store
 * @param {readonly string[]} args
 */
export const layerwright = (store, ...args) => run(...commandLine(store, args))
