// @ts-check
/** The same Dockerfiles by buildah, without a daemon as we are. */
import { basename, dirname, join } from 'node:path'
import { run } from './cli.mjs'

/** @param {string} folder its storage */
export function openBuildah(folder) {
  const env = { BUILDAH_ISOLATION: 'chroot', STORAGE_DRIVER: 'overlay' }
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')]
  const buildah = (/** @type {string[]} */ ...args) => run('buildah', [...storage, ...args], { env })
  return {
    /** @param {ReadonlyMap<string, string>} layouts */
    async addBases(layouts) {
      // it names the image by the path that it is given, and takes no upper case there
      for (const layout of layouts.values()) {
        await run('buildah', [...storage, 'pull', '-q', `oci:${basename(layout)}`], { env, cwd: dirname(layout) })
      }
    },
    /** @param {import('./applications.mjs').Application} application @param {{ context: string, settings: string }} place */
    build: ({ name, npm }, { context, settings }) =>
      buildah('bud', '--layers', '-q', '-t', name, ...(npm ? ['--secret', `id=npmrc,src=${settings}`] : []), context),
    /**
     * The image's tree, mounted for as long as it is looked at.
     * @template T
     * @param {string} name
     * @param {(folder: string) => Promise<T>} look
     */
    async tree(name, look) {
      const container = (await buildah('from', '--pull-never', `localhost/${name}`)).trim()
      try {
        return await look((await buildah('mount', container)).trim())
      } finally {
        await buildah('umount', container)
        await buildah('rm', container)
      }
    },
    /** Takes away what it built: the image, and what its steps have left of it. @param {string} name */
    async forget(name) {
      if ((await buildah('images', '-q')).trim() === '') return
      await run('buildah', [...storage, 'rmi', '--force', `localhost/${name}`], { env }).catch(() => undefined)
      await buildah('rmi', '--prune', '--force')
    },
    /** A docker-archive of the image. @param {string} name @param {string} file */
    save: (name, file) => buildah('push', '-q', `localhost/${name}`, `docker-archive:${file}:${name}`),
    /** Its storage holds mounts that a plain removal would stumble over. */
    close: () => run('sh', ['-c', `umount ${join(folder, 'root/overlay')} 2>/dev/null; rm -rf ${folder}`]),
  }
}
