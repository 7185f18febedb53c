// Answers a row of convert.jsonl with the public API of @layerwright/dockerfile, in the row's own schema.

import { DockerfileSyntaxError, openDockerfile, parsePlatform, ResolveError, resolveDockerfile } from '@layerwright/dockerfile'
import { parseIgnoreFile } from '@layerwright/dockerignore'
import { base } from './registry.mjs'

/** The text of a row's Dockerfile as it was. */
export const dockerfileOf = (row) =>
  row.dockerfileBase64 === undefined ? row.dockerfile : new Uint8Array(Buffer.from(row.dockerfileBase64, 'base64'))

export const optionsOf = ({ input }) => ({
  base,
  buildArgs: new Map(Object.entries(input.buildArgs)),
  ...(input.target ? { target: input.target } : {}),
  ...(input.dockerignore === null ? {} : { ignorePatterns: parseIgnoreFile(input.dockerignore).patterns.map(({ text }) => text) }),
})

const byPlace = (a, b) =>
  a.line - b.line || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : a.message < b.message ? -1 : a.message > b.message ? 1 : 0)

const warningsOf = (warnings) =>
  warnings.map(({ rule, message, startLine, line, endLine }) => ({ rule, message, line: line ?? startLine, endLine })).sort(byPlace)

/** Empty lists of the reference are null in its image config. */
const imageOf = (image) => {
  const { diff_ids } = image.rootfs
  return { ...image, rootfs: { ...image.rootfs, diff_ids: diff_ids.length === 0 ? null : diff_ids } }
}

export async function answer(row) {
  try {
    const options = optionsOf(row)
    const dockerfile = openDockerfile(dockerfileOf(row), options)
    const platform = row.input.platform === '' ? {} : { platform: parsePlatform(row.input.platform) }
    const build = await resolveDockerfile(dockerfile, { ...options, ...platform })
    const target = build.stages.find(({ index }) => index === build.target)
    return { ok: true, image: imageOf(target.image), warnings: warningsOf(build.warnings) }
  } catch (error) {
    if (!(error instanceof ResolveError) && !(error instanceof DockerfileSyntaxError)) throw error
    const { message, line, locations, warnings } = error
    const found = {
      message,
      line,
      ...(locations.length > 0 ? { locations: locations.map(({ startLine, endLine }) => ({ startLine, endLine })) } : {}),
    }
    // A bad build argument is found before anything is converted, so there is no list of warnings.
    return error.code === 'BAD_CHECK_ARGUMENT' ? { ok: false, error: found } : { ok: false, error: found, warnings: warningsOf(warnings) }
  }
}
