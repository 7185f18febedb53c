// @ts-check
/** Builds an application with the command line and the real sandbox. */
import { commandLine, layerwright, run } from './cli.mjs'

/**
 * @typedef {object} Build
 * @property {string} digest
 * @property {readonly { instruction: string, outcome: string }[]} steps
 */

/**
 * @typedef {object} Place
 * @property {string} store
 * @property {string} context
 * @property {ReadonlyMap<string, string>} layouts the bases, by name
 * @property {string} settings npm's
 */

/**
 * @param {import('./applications.mjs').Application} application
 * @param {Place} place
 * @param {readonly string[]} [further] flags
 * @returns {Promise<Build>}
 */
export async function build({ name, bases, npm }, { store, context, layouts, settings }, further = []) {
  const [program, args] = commandLine(store, [
    ...['build', '-t', name, '--executor', 'linux', '--progress', 'json'],
    ...bases.flatMap((base) => ['--build-context', `${base}=oci-layout://${layouts.get(base)}`]),
    ...(npm ? ['--secret', `id=npmrc,src=${settings}`] : []),
    ...further,
    context,
  ])
  // the events go to standard error
  const lines = (await run('sh', ['-c', 'exec "$@" 2>&1', 'sh', program, ...args])).split('\n')
  const events = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  const steps = events.filter(({ type }) => type === 'step.finished')
  return { digest: events.find(({ type }) => type === 'build.finished').digests[0], steps }
}

/** A docker-archive of an image. @param {{ name: string }} image @param {string} store @param {string} file */
export const save = ({ name }, store, file) => layerwright(store, 'save', '-o', file, name)
