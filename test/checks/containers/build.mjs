// @ts-check
/** Images of the scenarios, built as a user's program would build them. */
import { Buffer } from 'node:buffer'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { tagImage } from '@layerwright/image'
import { writeContext } from '../support/context.mjs'
import { EPOCH, tarOf } from './archives.mjs'

/** @typedef {import('./world.mjs').World} World */

/** Builds an image of a scenario under its tag. @param {World} world @param {any} image */
export async function buildImage(world, { tag, dockerfile, context = [] }) {
  const folder = mkdtempSync(join(world.folder, 'context-'))
  const files = context.map((/** @type {any} */ entry) =>
    entry.tar
      ? { path: entry.path, type: 'file', base64: Buffer.from(tarOf(entry.tar)).toString('base64'), mtime: EPOCH }
      : { mtime: EPOCH, ...entry, content: entry.data },
  )
  writeContext(folder, files)
  const result = await build({
    context: hostContext(folder),
    store: world.store,
    executor: world.executor,
    dockerfileText: dockerfile,
    timestamps: 'source',
  })
  await tagImage(world.store, tag, result.image)
}
