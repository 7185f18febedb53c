// @ts-check
/**
 * Starts a program and waits for it. Everything the scripts start goes through here, so that paths with spaces and Windows are
 * dealt with once: Node programs run by `process.execPath`, never by a shell shim.
 */
import { spawn } from 'node:child_process'

/**
 * @typedef {object} RunOptions
 * @property {string} cwd
 * @property {Record<string, string | undefined>} [env] added to this process's own
 * @property {boolean} [capture] also collect what it prints (it is always shown); colours are lost
 * @property {boolean} [quiet] collect only, show nothing
 */

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} options
 * @returns {Promise<{ code: number, output: string }>} `output` is empty without `capture` or `quiet`; a program that cannot be started has code 127
 */
export function run(command, args, { cwd, env, capture = false, quiet = false }) {
  const piped = capture || quiet
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: piped ? ['inherit', 'pipe', 'pipe'] : 'inherit',
      // npm and npx are .cmd files there, which only the shell starts; none of our arguments to them needs quoting
      shell: process.platform === 'win32' && command !== process.execPath,
    })
    let output = ''
    const take = (/** @type {NodeJS.WriteStream} */ stream) => (/** @type {Buffer} */ chunk) => {
      output += chunk
      if (!quiet) stream.write(chunk)
    }
    child.stdout?.on('data', take(process.stdout))
    child.stderr?.on('data', take(process.stderr))
    child.once('error', (error) => resolve({ code: 127, output: `${output}${error.message}` }))
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/**
 * @param {string} script path of a JavaScript file
 * @param {readonly string[]} args
 * @param {RunOptions} options
 */
export const runNode = (script, args, options) => run(process.execPath, [script, ...args], options)
